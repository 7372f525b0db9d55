// Notes in the training state, for each replica, whether a gradient is not finite: the optimizer then leaves the replica as it is.
// Work: a workgroup looks at a chunk of CHUNK elements of one segment, four at a time, as the optimizer does.
//#import segments
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> state: array<atomic<u32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let chunk = workgroup.y * GRID_X + workgroup.x;
  if (chunk >= chunks()) { return; }
  let segment = segment_at(chunk);
  let first = first_element(chunk);
  let end = min(first + CHUNK, segment.length);
  // By the bits of the exponent: a driver may take it that no number is infinite or NaN. The largest is kept.
  var exponent = vec4u(0u);
  for (var i = first + local * 4u; i < end; i += WORKGROUP * 4u) {
    exponent = max(exponent, bitcast<vec4u>(whole_gradient(segment, i, 1.0, vec4f(0.0))) & vec4u(0x7f800000u));
  }
  if (any(exponent == vec4u(0x7f800000u))) { atomicStore(&state[14u + 8u * segment.replica], 1u); }
}
