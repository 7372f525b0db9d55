// Mean absolute error: |e| for each error e, whose derivative at 0 is 0. NaN stays NaN. Layouts, bindings and work: target-loss.wgsl.
//#import target-loss
//#import nan
fn loss_of(error: f32) -> f32 { return abs(error); }
fn gradient_of(error: f32) -> f32 { return unless_nan(error, sign(error)); }
