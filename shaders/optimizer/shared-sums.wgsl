// The gradient of weights that share one number, summed over a part of them: sums[replica, part] = sum of the gradients of its members, each
// the sum of its partial sums, one after the other.
// Parts, 7 words each: first member, members, first part of the same number, parts of it, gradient offset, partial sums, elements of one.
// Members: elements of a parameter. A replica's gradients lie behind the other's, partial sums and all.
// Work: an invocation a part, a replica in z.
//#import long-sum
@group(0) @binding(0) var<storage, read> parts: array<u32>;
@group(0) @binding(1) var<storage, read> members: array<u32>;
@group(0) @binding(2) var<storage, read> gradients: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (part >= PARTS) { return; }
  let at = part * 7u;
  let splits = parts[at + 5u];
  let length = parts[at + 6u];
  let base = parts[at + 4u] + workgroup.z * splits * length;
  var sum = LongSum();
  for (var member = parts[at]; member < parts[at] + parts[at + 1u]; member++) {
    let element = base + members[member];
    for (var split = 0u; split < splits; split++) { add_term(&sum, gradients[element + split * length]); }
  }
  sums[workgroup.z * PARTS + part] = total_of(sum);
}
