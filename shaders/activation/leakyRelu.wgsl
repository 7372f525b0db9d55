// y = x where positive, else SLOPE x; dx = dy where y > 0, else SLOPE dy. A slope of 0 is no reason to lose NaN.
fn leak(x: f32) -> f32 { return unless_nan(x, x * SLOPE); }

fn activate(x: f32) -> f32 { return select(leak(x), x, x > 0.0); }
fn through_activation(gradient: f32, y: f32) -> f32 { return unless_nan(y, select(leak(gradient), gradient, y > 0.0)); }
