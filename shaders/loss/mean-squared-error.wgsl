// Mean squared error: e^2 for each error e. Layouts, bindings and work: target-loss.wgsl.
//#import target-loss
fn loss_of(error: f32) -> f32 { return error * error; }
fn gradient_of(error: f32) -> f32 { return 2.0 * error; }
