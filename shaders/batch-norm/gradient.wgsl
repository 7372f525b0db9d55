// Batch normalisation's gradient with respect to its input, through the batch's own statistics (M real elements a channel):
//   dx = epilogue(scale invstd (dy - sums0 / M - xhat sums1 / M)), xhat = (x - mean) invstd; zero in rows of no real sample.
// INFERENCE: the statistics are constants: dx = epilogue(scale invstd dy).
// Layouts: moments as in lib/batch-moments.wgsl (inference: mean, with `sums` the variance); sums [R,C,2] = { sum dy, sum dy xhat }, or
// (JOINED) the same of parts.
// Work: an invocation an element, channels first; z = replica.
//#import epilogue
//#import state
//#import batch-moments
//#import batch-totals
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> saved: array<Activation>;
@group(0) @binding(6) var<storage, read> state: array<u32>;
@group(0) @binding(7) var<storage, read_write> y: array<Activation>;

alias Channels = u32;
alias Values = f32;
fn moments_at(at: u32) -> f32 { return moments[at]; }
fn sums_at(at: u32) -> f32 { return sums[at]; }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i >= ROWS * CHANNELS) { return; }
  let replica = workgroup.z;
  let row = i / CHANNELS;
  let channel = i % CHANNELS;
  let gradient = f32(dy[replica * DY_REPLICA + row * DY_ROW + DY_OFFSET + channel]);
  let factor = scale[replica * PARAMETER_REPLICA + channel];
  var value = 0.0;
  if (INFERENCE) {
    value = gradient * factor / sqrt(sums[replica * RUNNING_REPLICA + channel] + EPSILON);
  } else {
    let batch = moments_of(replica, channel);
    let totals = totals_of(replica, channel);
    let real = real_rows(BATCH) * LEADING;
    let count = f32(real);
    let normal = (f32(x[replica * X_REPLICA + row * X_ROW + X_OFFSET + channel]) - batch.mean) * batch.inverse;
    value = select(0.0, factor * batch.inverse * (gradient - totals.first / count - normal * (totals.second / count)), row < real);
  }
  var kept = 0.0;
  if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + row * SAVED_ROW + SAVED_OFFSET + channel]); }
  y[replica * Y_REPLICA + row * Y_ROW + Y_OFFSET + channel] = Activation(epilogue(value, kept, replica, i));
}
