// Gives each of the weights that share one number the gradient of that number: the sums of its parts (shared-sums.wgsl has their layout), one
// after the other, as the first partial sum; the others become 0. So equal weights with equal moments move alike, and stay equal. What is
// 0 for good, of which the parts tell no parts, gets the gradient 0.
// Work: an invocation a part, a replica in z.
//#import long-sum
@group(0) @binding(0) var<storage, read> parts: array<u32>;
@group(0) @binding(1) var<storage, read> members: array<u32>;
@group(0) @binding(2) var<storage, read> sums: array<f32>;
@group(0) @binding(3) var<storage, read_write> gradients: array<f32>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (part >= PARTS) { return; }
  let at = part * 7u;
  var sum = LongSum();
  let first = workgroup.z * PARTS + parts[at + 2u];
  for (var other = first; other < first + parts[at + 3u]; other++) { add_term(&sum, sums[other]); }
  let total = total_of(sum);
  let splits = parts[at + 5u];
  let length = parts[at + 6u];
  let base = parts[at + 4u] + workgroup.z * splits * length;
  for (var member = parts[at]; member < parts[at] + parts[at + 1u]; member++) {
    let element = base + members[member];
    gradients[element] = total;
    for (var split = 1u; split < splits; split++) { gradients[element + split * length] = 0.0; }
  }
}
