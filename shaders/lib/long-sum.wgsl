// A sum of many terms in blocks of 32, blocks of 32 blocks and so on, so that few roundings touch each: at most 5 x 31 where there are
// up to 2^25 terms, which is 1e-5 of their magnitudes. One after the other, 2^14 equal terms already lose more than that.
// The importing file declares the alias Term (f32 or a vector); constants LONG: whether the terms are so many, LONG_TERMS: how many at
// most. Begin with LongSum(): a variable without a first value keeps, in some drivers, what it had in the last turn of a loop.
struct LongSum { terms: u32, ones: Term, blocks: Term, squares: Term, cubes: Term, rest: Term }

fn add_term(sum: ptr<function, LongSum>, term: Term) {
  sum.ones += term;
  if (LONG) {
    sum.terms++;
    if (sum.terms % 32u == 0u) {
      sum.blocks += sum.ones;
      sum.ones = Term();
      if (LONG_TERMS >= 1024u && sum.terms % 1024u == 0u) {
        sum.squares += sum.blocks;
        sum.blocks = Term();
        if (LONG_TERMS >= 32768u && sum.terms % 32768u == 0u) {
          sum.cubes += sum.squares;
          sum.squares = Term();
          if (LONG_TERMS >= 1048576u && sum.terms % 1048576u == 0u) {
            sum.rest += sum.cubes;
            sum.cubes = Term();
          }
        }
      }
    }
  }
}

fn total_of(sum: LongSum) -> Term {
  if (!LONG) { return sum.ones; }
  return sum.ones + sum.blocks + sum.squares + sum.cubes + sum.rest;
}
