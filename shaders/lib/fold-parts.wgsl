// Folds all sums that an invocation keeps in registers, PARTS parts of them, 9 at most: into totals where there are many terms (LONG), or totals
// into grand ones (HUGE). The importing file has Sums, PARTS and fold, which adds the sums of one part to its totals and begins anew. A part a
// call: drivers unroll loops up to a size, which one over all sums would exceed.
const_assert PARTS <= 9u;

fn fold_all(sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  fold(0u, sum, total);
  if (PARTS > 1u) { fold(1u, sum, total); }
  if (PARTS > 2u) { fold(2u, sum, total); }
  if (PARTS > 3u) { fold(3u, sum, total); }
  if (PARTS > 4u) { fold(4u, sum, total); }
  if (PARTS > 5u) { fold(5u, sum, total); }
  if (PARTS > 6u) { fold(6u, sum, total); }
  if (PARTS > 7u) { fold(7u, sum, total); }
  if (PARTS > 8u) { fold(8u, sum, total); }
}
