// The gradients of forward.wgsl, straight through (Esser et al., "Learned step size quantization", ICLR 2020). With r = w / scale, and
// `inside` where round(r) is on the grid, so that a channel's largest weight, at the end of the grid, is trained however it is rounded:
//   weight: dy inside, else 0
//   log scale: GAIN / scale times the sum over the channel of dy (round(r) - r) inside, else of dy LEVELS with the sign of r
// GAIN, 1 / sqrt(weights of a channel x LEVELS), makes the steps of a scale as long, beside it, as those of the weights.
// Layouts: as there; the sums of log scales [R, split, ...] with PART elements each.
// Work: an invocation a part of a channel; z = replica.
//#import quantize
//#import nan
//#import long-sum
@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read> log_scales: array<f32>;
@group(0) @binding(2) var<storage, read> dy: array<f32>;
@group(0) @binding(3) var<storage, read_write> of_weights: array<f32>;
@group(0) @binding(4) var<storage, read_write> of_scales: array<f32>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z;
  let channel = item % CHANNELS;
  let split = item / CHANNELS;
  let first = split * TERMS_A_SPLIT;
  let end = min(first + TERMS_A_SPLIT, TERMS);
  let scale = exp(log_scales[replica * SCALES_REPLICA + channel]);
  var sum = LongSum();
  for (var term = first; term < end; term++) {
    let i = (term / INNER * CHANNELS + channel) * INNER + term % INNER;
    let w = weights[replica * WEIGHTS_REPLICA + i];
    let g = dy[replica * DY_REPLICA + i];
    let inside = abs(w / scale) <= LEVELS + 0.5;
    of_weights[replica * OF_WEIGHTS_REPLICA + i] = unless_nan(w, select(0.0, g, inside));
    let q = quantized(w, scale);
    add_term(&sum, unless_nan(w, g * select(q, q - w / scale, inside)));
  }
  of_scales[(replica * SPLITS + split) * PART + channel] = GAIN / scale * total_of(sum);
}
