// A keyed bijection over [0, size): a Feistel network over the next even number of bits, walked along its cycle until it
// falls inside (Black, Rogaway, "Ciphers with arbitrary finite domains", CT-RSA 2002). So an epoch visits each sample once,
// without an index array. The host's twin is kernels-test/support/shuffle.ts.
fn shuffled(index: u32, size: u32, key: vec2u) -> u32 {
  let bits = select(32u - countLeadingZeros(size - 1u), 1u, size <= 2u);
  let half = (bits + 1u) / 2u;
  let mask = (1u << half) - 1u;
  var at = index;
  loop {
    var left = at >> half;
    var right = at & mask;
    for (var round = 0u; round < 6u; round++) {
      var mixed = right * 0x9e3779b1u + select(key.x, key.y, (round & 1u) == 1u) + round * 0x85ebca6bu;
      mixed = (mixed ^ (mixed >> 15u)) * 0x2c1b3c6du;
      mixed = (mixed ^ (mixed >> 12u)) * 0x297a2d39u;
      mixed = mixed ^ (mixed >> 15u);
      let next = left ^ (mixed & mask);
      left = right;
      right = next;
    }
    at = (left << half) | right;
    if (at < size) { break; }
  }
  // naga wants a function to return at its end.
  return at;
}
