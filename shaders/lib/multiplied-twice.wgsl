// An integer times multiplier / 2^31 * 2^shift, rounded twice, as networks of before were evaluated: see src/quantize/fixed-point.ts.
//   multiplied(x) = round(floor((x 2^max(shift,0) multiplier + 2^30) / 2^31) / 2^max(-shift,0)), halves away from 0
//#import product64
fn multiplied(x: i32, multiplier: i32, shift: i32) -> i32 {
  let product = product64(x << u32(max(shift, 0)), multiplier);
  let low = product.x + 0x40000000u;
  let carried = product.y + select(0u, 1u, low < product.x);
  let high = bitcast<i32>((carried << 1u) | (low >> 31u));
  let right = u32(max(-shift, 0));
  let mask = bitcast<i32>((1u << right) - 1u);
  let threshold = (mask >> 1u) + select(0, 1, high < 0);
  return (high >> right) + select(0, 1, (high & mask) > threshold);
}
