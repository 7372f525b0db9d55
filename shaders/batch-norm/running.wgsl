// Before normalize*.wgsl where these join the statistics of parts: one invocation a channel (RUNNING) moves the running statistics,
// running = MOMENTUM running + (1 - MOMENTUM) batch.
@group(0) @binding(4) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(7) var<storage, read_write> running_variance: array<f32>;

fn variance_at(at: u32) -> f32 { return 0.0; }
fn keep_running(at: u32, mean: f32, batch_variance: f32) {
  if (RUNNING) {
    running_mean[at] = MOMENTUM * running_mean[at] + (1.0 - MOMENTUM) * mean;
    running_variance[at] = MOMENTUM * running_variance[at] + (1.0 - MOMENTUM) * batch_variance;
  }
}
