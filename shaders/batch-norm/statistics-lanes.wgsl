// statistics.wgsl for GPUs: as there, but ROW_LANES invocations share the rows of a channel's part and add up in order, so that no
// lane walks through hundreds of rows by itself. CHANNEL_LANES neighbouring lanes read neighbouring channels.
// Work: a workgroup makes CHANNEL_LANES channels of a part; z = replica x splits + split.
//#import state
//#import batch-moments
//#import long-sum
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read> moments: array<f32>;
@group(0) @binding(3) var<storage, read> variance: array<f32>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> partial_: array<f32>;
@group(0) @binding(6) var<storage, read_write> scale_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> offset_gradient: array<f32>;

alias Channels = u32;
alias Values = f32;
fn moments_at(at: u32) -> f32 { return moments[at]; }
alias Term = vec2f;
var<workgroup> sums: array<vec2f, CHANNEL_LANES * ROW_LANES>;

// The sum of what the lanes of one channel hold, in the order of the lanes.
fn over_rows(value: vec2f, local: u32) -> vec2f {
  sums[local] = value;
  workgroupBarrier();
  var total = vec2f(0.0);
  for (var lane = 0u; lane < ROW_LANES; lane++) { total += sums[lane * CHANNEL_LANES + local % CHANNEL_LANES]; }
  workgroupBarrier();
  return total;
}

@compute @workgroup_size(CHANNEL_LANES * ROW_LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  // A lane beyond the channels follows the last one, since all must meet at the barriers, and writes nothing.
  let wanted = (workgroup.y * GRID_X + workgroup.x) * CHANNEL_LANES + local % CHANNEL_LANES;
  let channel = min(wanted, CHANNELS - 1u);
  let replica = workgroup.z / SPLITS;
  let split = workgroup.z % SPLITS;
  let start = split * ROWS_PER_SPLIT;
  let end = min(start + ROWS_PER_SPLIT, real_rows(BATCH) * LEADING);
  let x_at = replica * X_REPLICA + X_OFFSET + channel;
  let first_row = start + local / CHANNEL_LANES;
  var result = vec2f(0.0);
  var own = LongSum();
  if (GRADIENT) {
    var mean = 0.0;
    var scale = 0.0;
    if (INFERENCE) {
      mean = moments[replica * RUNNING_REPLICA + channel];
      scale = 1.0 / sqrt(variance[replica * RUNNING_REPLICA + channel] + EPSILON);
    } else {
      let batch = moments_of(replica, channel);
      mean = batch.mean;
      scale = batch.inverse;
    }
    for (var row = first_row; row < end; row += ROW_LANES) {
      let gradient = f32(dy[replica * DY_REPLICA + DY_OFFSET + channel + row * DY_ROW]);
      add_term(&own, vec2f(gradient, gradient * (f32(x[x_at + row * X_ROW]) - mean) * scale));
    }
    result = over_rows(total_of(own), local);
  } else {
    for (var row = first_row; row < end; row += ROW_LANES) { add_term(&own, vec2f(f32(x[x_at + row * X_ROW]), 0.0)); }
    let mean = over_rows(total_of(own), local).x / f32(max(end, start + 1u) - start);
    var squares = LongSum();
    for (var row = first_row; row < end; row += ROW_LANES) {
      let difference = f32(x[x_at + row * X_ROW]) - mean;
      add_term(&squares, vec2f(difference * difference, 0.0));
    }
    result = vec2f(mean, over_rows(total_of(squares), local).x);
  }
  if (wanted < CHANNELS && local < CHANNEL_LANES) {
    partial_[(workgroup.z * CHANNELS + channel) * 2u] = result.x;
    partial_[(workgroup.z * CHANNELS + channel) * 2u + 1u] = result.y;
    if (GRADIENT && JOINED) {
      scale_gradient[workgroup.z * GRADIENT_REPLICA + channel] = result.y;
      offset_gradient[workgroup.z * GRADIENT_REPLICA + channel] = result.x;
    }
  }
}
