// The table of weights that are rounded together: which part of which channel an invocation has. Words: 0 workgroups, then for each { segment,
// first item }, and for each segment 15 words: items, parts of a channel, channels, inner, weights of a channel, weights of a part, offset of
// the weights, elements from one replica to the next, the same two of the log scales, offset of the weights' gradient, its partial sums,
// offset of the log scales' gradient, the largest integer (f32), the factor of the log scales' gradient (f32).
// Weights are [outer, channels, inner]; an item is a part of a channel, channels first.
struct Part {
  exists: bool, segment: u32, channel: u32, part: u32, terms: u32, first: u32, channels: u32, inner: u32, within: u32, scale: f32, levels: f32
}

fn part_of(workgroup: u32, local: u32, replica: u32) -> Part {
  let workgroups = table[0];
  let own = min(workgroup, workgroups - 1u);
  let segment = 1u + 2u * workgroups + table[1u + 2u * own] * 15u;
  let item = table[2u + 2u * own] + local;
  let channels = table[segment + 2u];
  let inner = table[segment + 3u];
  let part = item / channels;
  let channel = item - part * channels;
  let begin = part * table[segment + 5u];
  let outer = begin / inner;
  let within = begin - outer * inner;
  let exists = workgroup < workgroups && item < table[segment];
  return Part(
    exists, segment, channel, part, select(0u, min(table[segment + 5u], table[segment + 4u] - begin), exists),
    (outer * channels + channel) * inner + within, channels, inner, within,
    exp(parameters[table[segment + 8u] + replica * table[segment + 9u] + channel]), bitcast<f32>(table[segment + 13u]),
  );
}

// Where the next weight of a channel lies, behind that at `i`, the `within`-th of its inner ones.
fn next_element(own: Part, i: u32, within: u32) -> u32 {
  return select(i + 1u, i + 1u + (own.channels - 1u) * own.inner, within + 1u == own.inner);
}
fn next_within(own: Part, within: u32) -> u32 { return select(within + 1u, 0u, within + 1u == own.inner); }
