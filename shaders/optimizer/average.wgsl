// An exponential moving average of the parameters, which begins as their first values: a += (1 - d) (w - a) after each update, number t,
// d = min(decay, (1 + t) / (10 + t)), so that the first values are soon forgotten. AVERAGE_REST is 1 - decay.
@group(0) @binding(AVERAGES) var<storage, read_write> averages: array<vec4f>;

fn keep_average(replica: u32, at: u32, parameter: vec4f) {
  let average = averages[at];
  averages[at] = average + max(AVERAGE_REST, 9.0 / (11.0 + f32(updates_made(replica)))) * (parameter - average);
}
