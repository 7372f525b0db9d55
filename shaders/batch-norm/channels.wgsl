// A whole batch normalisation in training where there are few rows: statistics, running statistics and values, as statistics.wgsl,
// moments.wgsl and normalize.wgsl make them. `moments` holds those of one part, all the rows (lib/batch-moments.wgsl).
// Work: an invocation a channel, which walks down the rows twice; z = replica.
//#import epilogue
//#import state
//#import row-moments
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> offset: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;
@group(0) @binding(5) var<storage, read_write> moments: array<f32>;
@group(0) @binding(6) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(7) var<storage, read_write> running_variance: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (channel >= CHANNELS) { return; }
  let replica = workgroup.z;
  let real = real_rows(BATCH) * LEADING;
  let x_at = replica * X_REPLICA + X_OFFSET + channel;
  let found = moments_of_rows(0u, real, x_at);
  let mean = found.x;
  let deviations = found.y;
  let variance = deviations / f32(real);
  moments[(replica * CHANNELS + channel) * 2u] = mean;
  moments[(replica * CHANNELS + channel) * 2u + 1u] = deviations;
  if (RUNNING) {
    let at = replica * RUNNING_REPLICA + channel;
    running_mean[at] = MOMENTUM * running_mean[at] + (1.0 - MOMENTUM) * mean;
    running_variance[at] = MOMENTUM * running_variance[at] + (1.0 - MOMENTUM) * variance;
  }
  let factor = 1.0 / sqrt(variance + EPSILON);
  let own_scale = scale[replica * PARAMETER_REPLICA + channel];
  let own_offset = offset[replica * PARAMETER_REPLICA + channel];
  let y_at = replica * Y_REPLICA + Y_OFFSET + channel;
  for (var row = 0u; row < ROWS; row++) {
    let value = (f32(x[x_at + row * X_ROW]) - mean) * factor * own_scale + own_offset;
    y[y_at + row * Y_ROW] = Activation(epilogue(value, 0.0, replica, row * CHANNELS + channel));
  }
}
