// Applies batch normalisation: y = epilogue((x - mean) / sqrt(variance + EPSILON) * scale + offset), channel by channel.
// Training reads the batch's moments (lib/batch-moments.wgsl); inference (INFERENCE) reads mean and variance. given.wgsl or running.wgsl
// stands before this file.
// Work: an invocation an element, channels first; z = replica.
//#import epilogue
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
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i >= ROWS * CHANNELS) { return; }
  let replica = workgroup.z;
  let row = i / CHANNELS;
  let channel = i % CHANNELS;
  var mean = 0.0;
  var factor = 0.0;
  if (INFERENCE) {
    mean = moments[replica * RUNNING_REPLICA + channel];
    factor = 1.0 / sqrt(variance_at(replica * RUNNING_REPLICA + channel) + EPSILON);
  } else {
    let batch = moments_of(replica, channel);
    mean = batch.mean;
    factor = batch.inverse;
    if (row == 0u) { keep_running(replica * RUNNING_REPLICA + channel, batch.mean, batch.variance); }
  }
  let parameter = replica * PARAMETER_REPLICA + channel;
  let value = (f32(x[replica * X_REPLICA + row * X_ROW + X_OFFSET + channel]) - mean) * factor * scale[parameter] + offset[parameter];
  y[replica * Y_REPLICA + row * Y_ROW + Y_OFFSET + channel] = Activation(epilogue(value, 0.0, replica, i));
}
