// A batch normalisation with given statistics, taken into the convolution or dense layer before it, whose outputs are its channels:
//   weights'[.., c] = weights[.., c] f[c], bias'[c] = (bias[c] - mean[c]) f[c] + offset[c], f = scale / sqrt(variance + EPSILON)
// Layouts: weights [R,..,C], the others [R,C]; without BIAS it is 0.
// Work: an invocation a weight, the first C of them a bias too; z = replica.
//#import quotient
@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read> bias: array<f32>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> offset: array<f32>;
@group(0) @binding(4) var<storage, read> mean: array<f32>;
@group(0) @binding(5) var<storage, read> variance: array<f32>;
@group(0) @binding(6) var<storage, read_write> folded: array<f32>;
@group(0) @binding(7) var<storage, read_write> shift: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i >= LENGTH) { return; }
  let replica = workgroup.z;
  let channel = i - quotient(i, divisor(CHANNELS)) * CHANNELS;
  let at = replica * PARAMETER_REPLICA + channel;
  let running = replica * RUNNING_REPLICA + channel;
  let factor = scale[at] / sqrt(variance[running] + EPSILON);
  folded[replica * FOLDED_REPLICA + i] = weights[replica * WEIGHTS_REPLICA + i] * factor;
  if (i < CHANNELS) {
    var own = 0.0;
    if (BIAS) { own = bias[at]; }
    shift[replica * SHIFT_REPLICA + i] = (own - mean[running]) * factor + offset[at];
  }
}
