// Adds partial results in order: y[r,i] = sum over s of x[r,s,i]; parts and results lie PART elements apart.
// Work: an invocation an element; z = replica.
//#import long-sum
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i >= LENGTH) { return; }
  var sum = LongSum();
  for (var s = 0u; s < SPLITS; s++) { add_term(&sum, x[(workgroup.z * SPLITS + s) * PART + i]); }
  y[workgroup.z * PART + i] = total_of(sum);
}
