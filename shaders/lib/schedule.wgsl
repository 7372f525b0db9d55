// The learning rate's factor at a step (0 for the first). SCHEDULE: 0 constant, 1 step, 2 exponential, 3 cosine, 4 warm restarts. Its
// numbers stand in the optimizer's table, which the importing file binds: word 1 steps (every, or the length of the cosine), 2 rate
// (factor; bits of an f32), 3 warm-up (steps), 4 growth (of the time from one restart to the next), 5 floor (share; bits of an f32).
fn schedule_factor(step: u32) -> f32 {
  let steps = table[1];
  let rate = bitcast<f32>(table[2]);
  let warmup = table[3];
  let growth = table[4];
  let floor_share = bitcast<f32>(table[5]);
  switch SCHEDULE {
    case 1u: { return pow(rate, f32(step / steps)); }
    case 2u: { return max(floor_share, pow(rate, f32(step) / f32(steps))); }
    case 3u: {
      if (step < warmup) { return f32(step + 1u) / f32(warmup + 1u); }
      let done = min(1.0, f32(step - warmup) / f32(max(1u, steps - warmup)));
      return floor_share + (1.0 - floor_share) * 0.5 * (1.0 + cos(3.14159265 * done));
    }
    case 4u: {
      var since = step;
      var length = steps;
      if (growth == 1u) {
        since = step % steps;
      } else {
        while (since >= length) {
          since -= length;
          // Beyond 2^31 the next one is longer than any training.
          if (length > 0x7fffffffu / growth) { length = 0xffffffffu; } else { length *= growth; }
        }
      }
      return floor_share + (1.0 - floor_share) * 0.5 * (1.0 + cos(3.14159265 * f32(since) / f32(length)));
    }
    default: { return 1.0; }
  }
}
