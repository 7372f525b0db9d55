// The 64 bits of a b, the lower word first: a in 32 bits with a sign, b in [0, 2^31).
fn product64(a: i32, b: i32) -> vec2u {
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
  return vec2u(low, high);
}
