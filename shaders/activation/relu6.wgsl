// y = min(max(x, 0), 6); dx = dy where 0 < y < 6, else 0.
fn activate(x: f32) -> f32 { return unless_nan(x, clamp(x, 0.0, 6.0)); }

fn through_activation(gradient: f32, y: f32) -> f32 { return unless_nan(y, select(0.0, gradient, y > 0.0 && y < 6.0)); }
