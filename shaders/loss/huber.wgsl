// Huber's loss (Huber 1964): for each error e with c = min(|e|, DELTA), c (|e| - c / 2), which is e^2 / 2 up to DELTA, and a straight line
// beyond. NaN stays NaN. Layouts, bindings and work: target-loss.wgsl.
//#import target-loss
//#import nan
fn loss_of(error: f32) -> f32 {
  let near = min(abs(error), DELTA);
  return unless_nan(error, near * (abs(error) - 0.5 * near));
}
fn gradient_of(error: f32) -> f32 { return unless_nan(error, clamp(error, -DELTA, DELTA)); }
