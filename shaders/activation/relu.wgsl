// y = max(x, 0); dx = dy where y > 0, else 0.
fn activate(x: f32) -> f32 {
  // 0 for what has a minus sign and is a number.
  let bits = bitcast<u32>(x);
  return bitcast<f32>(select(bits, 0u, (bits ^ 0x80000000u) <= 0x7f800000u));
}

fn through_activation(gradient: f32, y: f32) -> f32 {
  // y is 0, positive or NaN.
  let passed = bitcast<u32>(unless_nan(y, gradient));
  return bitcast<f32>(select(passed, 0u, bitcast<u32>(y) == 0u));
}
