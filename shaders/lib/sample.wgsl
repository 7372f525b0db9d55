// The samples of a data set, or of the part of it that one buffer holds: `source`, an array of u32 that the importing file binds, as
// f32 or as bytes, four to a word. Constants: BYTES, SCALE, OFFSET, SHUFFLE, ROWS.
//#import state
//#import threefry
//#import shuffle

// Which sample a row of the batch takes: the shuffled place of the row in this epoch (keyed by seed and epoch), or its plain place
// where SHUFFLE is off. Rows beyond the epoch's last sample have none.
fn sample_of(replica: u32, row: u32, is_real: bool) -> u32 {
  var sample = state_batch_in_epoch() * ROWS + row;
  if (SHUFFLE && is_real) { sample = shuffled(sample, state[1], threefry(vec2u(state_seed(replica), 0x5348554fu), vec2u(state_epoch(), 0u))); }
  return sample;
}

// An element as the model sees it.
fn element(at: u32) -> f32 {
  if (BYTES) { return f32((source[at / 4u] >> (at % 4u * 8u)) & 255u) * SCALE + OFFSET; }
  return bitcast<f32>(source[at]) * SCALE + OFFSET;
}
