// The optimizer's table: which element of which parameter a workgroup updates. Words: 0 chunks, 1 to 5
// what schedule.wgsl reads, then for each chunk { segment, first element }, and
//   for each segment 10 words: parameter offset, length, gradient offset, partial sums, distance of partial sums, weight decay (f32), replica,
//   chunk (the first, counted among the replica's), decoupled decay (f32), 1 where what is 0 stays 0
// Offsets and lengths are in elements; lengths are rounded up to 4, as are those of the segments.
struct Segment {
  parameter: u32, length: u32, gradient: u32, splits: u32, distance: u32, weight_decay: f32, replica: u32, chunk: u32, decay: f32,
  keeps_zeros: bool
}

const HEAD = 6u;

fn chunks() -> u32 { return table[0]; }

fn first_element(chunk: u32) -> u32 { return table[HEAD + chunk * 2u + 1u]; }

fn segment_at(chunk: u32) -> Segment {
  let at = HEAD + chunks() * 2u + table[HEAD + chunk * 2u] * 10u;
  return Segment(
    table[at], table[at + 1u], table[at + 2u], table[at + 3u], table[at + 4u], bitcast<f32>(table[at + 5u]), table[at + 6u],
    table[at + 7u], bitcast<f32>(table[at + 8u]), table[at + 9u] != 0u,
  );
}

// The whole gradient of four elements: its partial sums, in order, times `factor`, and L2 decay.
fn whole_gradient(segment: Segment, i: u32, factor: f32, parameter: vec4f) -> vec4f {
  // The first part apart: most gradients have no other, and on a software driver a loop costs something even where it makes no turn.
  var sum = gradients[(segment.gradient + i) / 4u];
  if (segment.splits > 1u) {
    // In blocks of 32: few roundings touch each part. One loop, since nested ones take drivers long to compile.
    var blocks = vec4f(0.0);
    for (var s = 1u; s < segment.splits; s++) {
      sum += gradients[(segment.gradient + s * segment.distance + i) / 4u];
      let full = s % 32u == 31u;
      blocks += select(vec4f(0.0), sum, full);
      sum = select(sum, vec4f(0.0), full);
    }
    sum += blocks;
  }
  return sum * factor + segment.weight_decay * parameter;
}
