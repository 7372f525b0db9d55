// An activation of integers of 8 bits: y = table[x + 128].
// Layouts: x and y one integer a word; table 256 words.
// Work: an invocation an element.
@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read> table: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item < ITEMS) { y[item] = table[x[item] + 128]; }
}
