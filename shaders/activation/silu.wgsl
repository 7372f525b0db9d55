// y = x s, s = 1 / (1 + exp(-x)); dx = dy s (1 + x (1 - s)).
fn activate(x: f32) -> f32 {
  // Below -120 s is 0, which infinity must not meet.
  let c = max(x, -120.0);
  let e = exp(-abs(c));
  return unless_nan(x, c * (select(e, 1.0, c > 0.0) / (1.0 + e)));
}

fn through_activation(gradient: f32, x: f32) -> f32 {
  let c = clamp(x, -120.0, 120.0);
  let e = exp(-abs(c));
  let s = select(e, 1.0, c > 0.0) / (1.0 + e);
  let rest = select(1.0, e, c > 0.0) / (1.0 + e);
  return unless_nan(x, gradient * (s * (1.0 + c * rest)));
}
