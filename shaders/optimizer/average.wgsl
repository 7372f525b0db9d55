// An exponential moving average of the parameters, which begins as their first values: a += (1 - d) (w - a) after each update, number t,
// d = min(decay, (1 + t) / (10 + t)), so that the first values are soon forgotten. AVERAGE_REST is 1 - decay. That of a pruned parameter is 0, too.
@group(0) @binding(AVERAGES) var<storage, read_write> averages: array<vec4f>;

fn keep_average(replica: u32, at: u32, parameter: vec4f, pruned: vec4<bool>) {
  let average = averages[at];
  let next = average + max(AVERAGE_REST, 9.0 / (11.0 + f32(updates_made(replica)))) * (parameter - average);
  averages[at] = select(next, vec4f(0.0), pruned);
}
