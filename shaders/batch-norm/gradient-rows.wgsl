// gradient.wgsl for software drivers: an invocation keeps the constants of its channel and walks down CHUNK rows, ROW_LANES apart.
// Work: a workgroup makes BLOCK channels (one of BLOCKS such blocks) of a chunk of rows; z = replica.
//#import epilogue
//#import quotient
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
  let part = workgroup.y * GRID_X + workgroup.x;
  let chunk = quotient(part, divisor(BLOCKS));
  let row_lane = quotient(local, divisor(BLOCK));
  let channel = (part - chunk * BLOCKS) * BLOCK + local - row_lane * BLOCK;
  let start = chunk * CHUNK;
  let end = min(start + CHUNK, ROWS);
  if (channel >= CHANNELS || local >= BLOCK * ROW_LANES) { return; }
  let replica = workgroup.z;
  let factor = scale[replica * PARAMETER_REPLICA + channel];
  // Inference: the standard deviation. Training: what the batch's own statistics take away from every row.
  var deviation = 0.0;
  var mean = 0.0;
  var inverse = 0.0;
  var first = 0.0;
  var second = 0.0;
  let real = real_rows(BATCH) * LEADING;
  if (INFERENCE) {
    deviation = sqrt(sums[replica * RUNNING_REPLICA + channel] + EPSILON);
  } else {
    let batch = moments_of(replica, channel);
    let totals = totals_of(replica, channel);
    mean = batch.mean;
    inverse = batch.inverse;
    first = totals.first / f32(real);
    second = totals.second / f32(real);
  }
  let x_at = replica * X_REPLICA + X_OFFSET + channel;
  let dy_at = replica * DY_REPLICA + DY_OFFSET + channel;
  let saved_at = replica * SAVED_REPLICA + SAVED_OFFSET + channel;
  let y_at = replica * Y_REPLICA + Y_OFFSET + channel;
  for (var row = start + row_lane; row < end; row += ROW_LANES) {
    let gradient = f32(dy[dy_at + row * DY_ROW]);
    var value = 0.0;
    if (INFERENCE) {
      value = gradient * factor / deviation;
    } else {
      let normal = (f32(x[x_at + row * X_ROW]) - mean) * inverse;
      value = select(0.0, factor * inverse * (gradient - first - normal * second), row < real);
    }
    var kept = 0.0;
    if (EPILOGUE_GRADIENT) { kept = f32(saved[saved_at + row * SAVED_ROW]); }
    y[y_at + row * Y_ROW] = Activation(epilogue(value, kept, replica, row * CHANNELS + channel));
  }
}
