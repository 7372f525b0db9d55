// The f16 copies of parameters: halves = values, rounded as the driver does it.
// Work: a workgroup makes CHUNK groups of four elements, an invocation CHUNK / WORKGROUP of them.
@group(0) @binding(0) var<storage, read> values: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> halves: array<vec4<Weight>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  for (var i = first + local; i < min(first + CHUNK, ITEMS); i += WORKGROUP) { halves[i] = vec4<Weight>(values[i]); }
}
