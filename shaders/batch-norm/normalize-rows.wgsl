// normalize.wgsl for software drivers: an invocation keeps the constants of its channel and walks down CHUNK rows, ROW_LANES apart.
// Work: a workgroup makes BLOCK channels (one of BLOCKS such blocks) of a chunk of rows; z = replica.
//#import epilogue
//#import quotient
//#import batch-moments
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> offset: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>;
@group(0) @binding(5) var<storage, read> state: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<Activation>;

alias Channels = u32;
alias Values = f32;
fn moments_at(at: u32) -> f32 { return moments[at]; }

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
  var mean = 0.0;
  var factor = 0.0;
  if (INFERENCE) {
    mean = moments[replica * RUNNING_REPLICA + channel];
    factor = 1.0 / sqrt(variance_at(replica * RUNNING_REPLICA + channel) + EPSILON);
  } else {
    let batch = moments_of(replica, channel);
    mean = batch.mean;
    factor = batch.inverse;
    if (start == 0u && local < BLOCK) { keep_running(replica * RUNNING_REPLICA + channel, batch.mean, batch.variance); }
  }
  let own_scale = scale[replica * PARAMETER_REPLICA + channel];
  let own_offset = offset[replica * PARAMETER_REPLICA + channel];
  let x_at = replica * X_REPLICA + X_OFFSET + channel;
  let y_at = replica * Y_REPLICA + Y_OFFSET + channel;
  for (var row = start + row_lane; row < end; row += ROW_LANES) {
    let value = (f32(x[x_at + row * X_ROW]) - mean) * factor * own_scale + own_offset;
    y[y_at + row * Y_ROW] = Activation(epilogue(value, 0.0, replica, row * CHANNELS + channel));
  }
}
