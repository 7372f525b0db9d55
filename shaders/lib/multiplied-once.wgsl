// An integer times multiplier / 2^31 * 2^shift, rounded once, halves upwards: see src/quantize/fixed-point.ts.
//   multiplied(x) = floor((x multiplier + 2^(30 - shift)) / 2^(31 - shift)), which must fit 32 bits
//#import product64
fn multiplied(x: i32, multiplier: i32, shift: i32) -> i32 {
  let product = product64(x, multiplier);
  let half_bit = u32(30 - shift);
  let half_word = 1u << (half_bit & 31u);
  let half = select(vec2u(0u, half_word), vec2u(half_word, 0u), half_bit < 32u);
  let low = product.x + half.x;
  let high = product.y + half.y + select(0u, 1u, low < half.x);
  let right = half_bit + 1u;
  if (right >= 32u) { return bitcast<i32>(high) >> (right - 32u); }
  return bitcast<i32>((low >> right) | (high << (32u - right)));
}
