// y = 1 / (1 + exp(-x)); dx = dy y (1 - y).
fn activate(x: f32) -> f32 {
  // Of -|x|: exp overflows for large x.
  let e = exp(-abs(x));
  return unless_nan(x, select(e, 1.0, x > 0.0) / (1.0 + e));
}

fn through_activation(gradient: f32, y: f32) -> f32 { return gradient * (y * (1.0 - y)); }
