// y = tanh x; dx = dy (1 - y^2).
fn activate(x: f32) -> f32 {
  // exp overflows for large x and cancels for small x: neither is left to the driver's tanh.
  let square = x * x;
  let small = x * (1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * (-17.0 / 315.0 + square * (62.0 / 2835.0)))));
  let e = exp(-2.0 * min(abs(x), 20.0));
  return unless_nan(x, select(sign(x) * (1.0 - e) / (1.0 + e), small, abs(x) < 0.2));
}

fn through_activation(gradient: f32, y: f32) -> f32 { return gradient * (1.0 - y * y); }
