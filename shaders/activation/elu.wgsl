// y = x where positive, else exp(x) - 1; dx = dy where y > 0, else dy (y + 1).
fn activate(x: f32) -> f32 {
  // Near 0 exp(x) - 1 cancels: its series there, whose terms left out are below 5e-9 of it.
  let series = x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0 * (1.0 + x / 8.0)))))));
  let below = select(exp(clamp(x, -100.0, 0.0)) - 1.0, series, x > -0.4);
  return unless_nan(x, select(below, x, x > 0.0));
}

fn through_activation(gradient: f32, y: f32) -> f32 { return unless_nan(y, gradient * select(y + 1.0, 1.0, y > 0.0)); }
