// Rows that a turn reads: drivers write out the loops over them.
const READ_TOGETHER = 8u;
