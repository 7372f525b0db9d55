// Joins the partial means and squared deviations of statistics.wgsl in order (Chan, Golub, LeVeque 1979) into
//   moments[c] = { mean, 1 / sqrt(variance + EPSILON) }, variance over the population,
// and (RUNNING) moves the running statistics: running = MOMENTUM running + (1 - MOMENTUM) batch.
// Work: an invocation a channel; z = replica.
//#import state
@group(0) @binding(0) var<storage, read> partial_: array<f32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> moments: array<f32>;
@group(0) @binding(3) var<storage, read_write> running_mean: array<f32>;
@group(0) @binding(4) var<storage, read_write> running_variance: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (channel >= CHANNELS) { return; }
  let replica = workgroup.z;
  let rows = real_rows(BATCH) * LEADING;
  var count = 0.0;
  var mean = 0.0;
  var squares = 0.0;
  for (var split = 0u; split < SPLITS; split++) {
    let start = split * ROWS_PER_SPLIT;
    if (start >= rows) { break; }
    let added = f32(min(ROWS_PER_SPLIT, rows - start));
    let at = ((replica * SPLITS + split) * CHANNELS + channel) * 2u;
    let difference = partial_[at] - mean;
    let total = count + added;
    mean += difference * (added / total);
    squares += partial_[at + 1u] + difference * difference * (count * added / total);
    count = total;
  }
  let variance = squares / count;
  moments[(replica * CHANNELS + channel) * 2u] = mean;
  moments[(replica * CHANNELS + channel) * 2u + 1u] = 1.0 / sqrt(variance + EPSILON);
  if (RUNNING) {
    let at = replica * RUNNING_REPLICA + channel;
    running_mean[at] = MOMENTUM * running_mean[at] + (1.0 - MOMENTUM) * mean;
    running_variance[at] = MOMENTUM * running_variance[at] + (1.0 - MOMENTUM) * variance;
  }
}
