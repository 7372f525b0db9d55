// Per-channel sums of a part s of the rows, in two passes over it, so that nothing cancels:
//   forward:  partial[s,c] = { mean of x, sum of (x - mean)^2 } over the part's real rows
//   GRADIENT: partial[s,c] = { sum of dy, sum of dy (x - mean[c]) invstd[c] }
// Rows that belong to no real sample (state) are left out. LEADING rows of the view make one sample.
// INFERENCE: the statistics are given: `moments` holds the mean and `variance` the variance.
// JOINED: who reads the parts joins them; the gradients of scale and offset are these sums by part, [R,S,C rounded up to 4].
// Layouts: x, dy [R,ROWS,C] views; moments as in lib/batch-moments.wgsl; partial [R,S,C,2].
// Work: an invocation a channel of a part; z = replica x splits + split.
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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (channel >= CHANNELS) { return; }
  let replica = workgroup.z / SPLITS;
  let split = workgroup.z % SPLITS;
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
    for (var row = start; row < end; row++) {
      let gradient = f32(dy[replica * DY_REPLICA + DY_OFFSET + channel + row * DY_ROW]);
      add_term(&sums, vec2f(gradient, gradient * (f32(x[x_at + row * X_ROW]) - mean) * scale));
    }
    result = total_of(sums);
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
  partial_[(workgroup.z * CHANNELS + channel) * 2u] = result.x;
  partial_[(workgroup.z * CHANNELS + channel) * 2u + 1u] = result.y;
  if (GRADIENT && JOINED) {
    scale_gradient[workgroup.z * GRADIENT_REPLICA + channel] = result.y;
    offset_gradient[workgroup.z * GRADIENT_REPLICA + channel] = result.x;
  }
}
