// Joins the partial means and squared deviations of statistics.wgsl (lib/batch-moments.wgsl) where there are many parts:
//   moments[c] = { mean, 1 / sqrt(variance + EPSILON) },
// and (RUNNING) moves the running statistics: running = MOMENTUM running + (1 - MOMENTUM) batch.
// Work: an invocation a channel; z = replica.
//#import batch-moments
@group(0) @binding(0) var<storage, read> partial_: array<f32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> moments: array<f32>;
@group(0) @binding(3) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> running_variance: array<f32>;

alias Channels = u32;
alias Values = f32;
fn moments_at(at: u32) -> f32 { return partial_[at]; }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (channel >= CHANNELS) { return; }
  let replica = workgroup.z;
  let joined = joined_moments(replica, channel);
  moments[(replica * CHANNELS + channel) * 2u] = joined.mean;
  moments[(replica * CHANNELS + channel) * 2u + 1u] = joined.inverse;
  if (RUNNING) {
    let at = replica * RUNNING_REPLICA + channel;
    running_mean[at] = MOMENTUM * running_mean[at] + (1.0 - MOMENTUM) * joined.mean;
    running_variance[at] = MOMENTUM * running_variance[at] + (1.0 - MOMENTUM) * joined.variance;
  }
}
