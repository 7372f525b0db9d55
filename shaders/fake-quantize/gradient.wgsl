// The gradients of forward.wgsl, straight through (Esser et al., "Learned step size quantization", ICLR 2020). With r = w / scale, and
// `inside` where round(r) is on the grid, so that a channel's largest weight, at the end of the grid, is trained however it is rounded:
//   weight: dy inside, else 0
//   log scale: gain / scale times the sum over the channel of dy (round(r) - r) inside, else of dy levels with the sign of r
// gain, 1 / sqrt(weights of a channel x levels), makes the steps of a scale as long, beside it, as those of the weights.
// Layouts: gradients of weights [R, partial sums, ...], of which the first becomes the whole, in place; of log scales [R, part, ...].
// Work: an invocation a part of a channel; z = replica.
//#import rounded-segments
//#import quantize
//#import nan
//#import long-sum
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> gradients: array<f32>;

alias Term = f32;

// The sum of the partial sums, in blocks of 32, so that few roundings touch each.
fn whole_gradient(at: u32, splits: u32, distance: u32) -> f32 {
  var sum = gradients[at];
  var blocks = 0.0;
  for (var s = 1u; s < splits; s++) {
    sum += gradients[at + s * distance];
    let full = s % 32u == 31u;
    blocks += select(0.0, sum, full);
    sum = select(sum, 0.0, full);
  }
  return sum + blocks;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = workgroup.z;
  let own = part_of(workgroup.y * GRID_X + workgroup.x, local, replica);
  let distance = table[own.segment + 7u];
  let base = table[own.segment + 6u] + replica * distance;
  let splits = table[own.segment + 11u];
  let gradient = table[own.segment + 10u] + replica * splits * distance;
  var sum = LongSum();
  var i = own.first;
  var within = own.within;
  for (var term = 0u; term < own.terms; term++) {
    let w = parameters[base + i];
    let g = whole_gradient(gradient + i, splits, distance);
    let inside = abs(w / own.scale) <= own.levels + 0.5;
    gradients[gradient + i] = unless_nan(w, select(0.0, g, inside));
    let q = quantized(w, own.scale, own.levels);
    add_term(&sum, unless_nan(w, g * select(q, q - w / own.scale, inside)));
    i = next_element(own, i, within);
    within = next_within(own, within);
  }
  if (!own.exists) { return; }
  let parts = table[own.segment + 1u];
  let of_scales = table[own.segment + 12u] + (replica * parts + own.part) * table[own.segment + 9u] + own.channel;
  gradients[of_scales] = bitcast<f32>(table[own.segment + 14u]) / own.scale * total_of(sum);
}
