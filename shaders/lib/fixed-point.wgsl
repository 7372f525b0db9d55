// A factor of integers, multiplier / 2^31 * 2^shift, as TensorFlow Lite applies it: see src/quantize/fixed-point.ts.
//   multiplied(x) = round(floor((x 2^max(shift,0) multiplier + 2^30) / 2^31) / 2^max(-shift,0)), halves away from 0

/** floor((a b + 2^30) / 2^31), by the 64 bits of the product: a in 32 bits with a sign, b in [0, 2^31). */
fn high_half(a: i32, b: i32) -> i32 {
  let ua = bitcast<u32>(a);
  let ub = bitcast<u32>(b);
  let a_low = ua & 0xffffu;
  let a_high = ua >> 16u;
  let b_low = ub & 0xffffu;
  let b_high = ub >> 16u;
  let first = a_low * b_low;
  let second = a_high * b_low + (first >> 16u);
  let third = a_low * b_high + (second & 0xffffu);
  let low = (third << 16u) | (first & 0xffffu);
  // Of a product without signs; a negative a stands for a + 2^32.
  let high = a_high * b_high + (second >> 16u) + (third >> 16u) - select(0u, ub, a < 0);
  let rounded = low + 0x40000000u;
  let carried = high + select(0u, 1u, rounded < low);
  return bitcast<i32>((carried << 1u) | (rounded >> 31u));
}

fn multiplied(x: i32, multiplier: i32, shift: i32) -> i32 {
  let high = high_half(x << u32(max(shift, 0)), multiplier);
  let right = u32(max(-shift, 0));
  let mask = bitcast<i32>((1u << right) - 1u);
  let threshold = (mask >> 1u) + select(0, 1, high < 0);
  return (high >> right) + select(0, 1, (high & mask) > threshold);
}
