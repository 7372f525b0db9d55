// Weights as integers hold them: rounded = q scale, q the integer of w on its channel's grid, scale = exp(log scale) of the output channel.
// Layouts: parameters and their rounded copies lie alike (lib/rounded-segments.wgsl).
// Work: an invocation a part of a channel; z = replica. NaN stays NaN.
//#import rounded-segments
//#import quantize
//#import nan
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> parameters: array<f32>;
@group(0) @binding(2) var<storage, read_write> rounded: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let own = part_of(workgroup.y * GRID_X + workgroup.x, local, workgroup.z);
  let base = table[own.segment + 6u] + workgroup.z * table[own.segment + 7u];
  var i = own.first;
  var within = own.within;
  for (var term = 0u; term < own.terms; term++) {
    let w = parameters[base + i];
    rounded[base + i] = unless_nan(w, quantized(w, own.scale, own.levels) * own.scale);
    i = next_element(own, i, within);
    within = next_within(own, within);
  }
}
