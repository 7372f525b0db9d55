// Copies one buffer to another, sixteen bytes at a time, 16 of them an invocation, neighbours side by side.
@group(0) @binding(0) var<storage, read> x: array<vec4f>;
@group(0) @binding(1) var<storage, read_write> y: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let end = min((workgroup.x + 1u) * WORKGROUP * 16u, COUNT);
  for (var i = workgroup.x * WORKGROUP * 16u + local; i < end; i += WORKGROUP) { y[i] = x[i]; }
}
