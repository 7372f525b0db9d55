// The optimizer's table: which element of which parameter a workgroup updates. Words, after CHUNKS pairs { segment, first element }:
//   per segment 9 words: parameter offset, length, gradient offset, partial sums, distance of partial sums, weight decay (f32), replica,
//   chunk (the first, counted among the replica's), decoupled decay (f32)
// Offsets and lengths are in elements; lengths are rounded up to 4, as are those of the segments.
struct Segment {
  parameter: u32, length: u32, gradient: u32, splits: u32, distance: u32, weight_decay: f32, replica: u32, chunk: u32, decay: f32
}

fn segment_at(chunk: u32) -> Segment {
  let at = CHUNKS * 2u + table[chunk * 2u] * 9u;
  return Segment(
    table[at], table[at + 1u], table[at + 2u], table[at + 3u], table[at + 4u], bitcast<f32>(table[at + 5u]), table[at + 6u],
    table[at + 7u], bitcast<f32>(table[at + 8u]),
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
