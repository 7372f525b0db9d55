// statistics.wgsl for software drivers: the sums of the same parts, but lanes run over the channels of one part after the other, so that
// few channels leave none idle, and short parts (SHORT) are read once.
// Work: an invocation a channel of a part, channels first; z = replica.
//#import state
//#import batch-moments
//#import long-sum
//#import row-moments
//#import row-sums
//#import quotient
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

fn term(row: u32, x_at: u32, dy_at: u32, shift: f32) -> vec2f {
  let gradient = f32(dy[dy_at + row * DY_ROW]);
  return vec2f(gradient, gradient * (f32(x[x_at + row * X_ROW]) - shift));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= SPLITS * CHANNELS) { return; }
  let replica = workgroup.z;
  let split = quotient(item, divisor(CHANNELS));
  let channel = item - split * CHANNELS;
  let start = split * ROWS_PER_SPLIT;
  let end = min(start + ROWS_PER_SPLIT, real_rows(BATCH) * LEADING);
  let x_at = replica * X_REPLICA + X_OFFSET + channel;
  var result = vec2f(0.0);
  var sums = LongSum();
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
    let dy_at = replica * DY_REPLICA + DY_OFFSET + channel;
    if (SHORT) {
      result = sum_of_rows(start, end, x_at, dy_at, mean);
    } else {
      for (var row = start; row < end; row++) { add_term(&sums, term(row, x_at, dy_at, mean)); }
      result = total_of(sums);
    }
    result.y *= scale;
  } else if (end > start && SHORT) {
    result = moments_of_rows(start, end, x_at);
  } else if (end > start) {
    for (var row = start; row < end; row++) { add_term(&sums, vec2f(f32(x[x_at + row * X_ROW]), 0.0)); }
    let mean = total_of(sums).x / f32(end - start);
    var squares = LongSum();
    for (var row = start; row < end; row++) {
      let difference = f32(x[x_at + row * X_ROW]) - mean;
      add_term(&squares, vec2f(difference * difference, 0.0));
    }
    result = vec2f(mean, total_of(squares).x);
  }
  let at = (replica * (SPLITS * CHANNELS) + item) * 2u;
  partial_[at] = result.x;
  partial_[at + 1u] = result.y;
  if (GRADIENT && JOINED) {
    scale_gradient[(replica * SPLITS + split) * GRADIENT_REPLICA + channel] = result.y;
    offset_gradient[(replica * SPLITS + split) * GRADIENT_REPLICA + channel] = result.x;
  }
}
