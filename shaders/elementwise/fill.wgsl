// y = VALUE, everywhere. Work: an invocation an element.
@group(0) @binding(0) var<storage, read_write> y: array<Activation>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i < LENGTH) { y[i] = Activation(VALUE); }
}
