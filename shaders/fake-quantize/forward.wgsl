// Weights as integers hold them: y = quantized(w, scale) scale, scale = exp(log scale) of the output channel.
// Layouts: weights and y [R, outer, CHANNELS, INNER], log scales [R, CHANNELS].
// Work: an invocation the TERMS_A_SPLIT weights of a part of a channel; z = replica. NaN stays NaN.
//#import quantize
//#import nan
@group(0) @binding(0) var<storage, read> weights: array<f32>;
@group(0) @binding(1) var<storage, read> log_scales: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z;
  let channel = item % CHANNELS;
  let first = item / CHANNELS * TERMS_A_SPLIT;
  let end = min(first + TERMS_A_SPLIT, TERMS);
  let scale = exp(log_scales[replica * SCALES_REPLICA + channel]);
  for (var term = first; term < end; term++) {
    let i = (term / INNER * CHANNELS + channel) * INNER + term % INNER;
    let w = weights[replica * WEIGHTS_REPLICA + i];
    y[replica * Y_REPLICA + i] = unless_nan(w, quantized(w, scale) * scale);
  }
}
