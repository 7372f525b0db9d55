// The learning rate's factor at a step (0 for the first). Constants: SCHEDULE (0 constant, 1 step, 2 exponential, 3 cosine),
// SCHEDULE_STEPS (every, or the length of the cosine), SCHEDULE_RATE (factor), SCHEDULE_WARMUP (steps), SCHEDULE_FLOOR (share).
fn schedule_factor(step: u32) -> f32 {
  switch SCHEDULE {
    case 1u: { return pow(SCHEDULE_RATE, f32(step / SCHEDULE_STEPS)); }
    case 2u: { return max(SCHEDULE_FLOOR, pow(SCHEDULE_RATE, f32(step) / f32(SCHEDULE_STEPS))); }
    case 3u: {
      if (step < SCHEDULE_WARMUP) { return f32(step + 1u) / f32(SCHEDULE_WARMUP + 1u); }
      let done = min(1.0, f32(step - SCHEDULE_WARMUP) / f32(max(1u, SCHEDULE_STEPS - SCHEDULE_WARMUP)));
      return SCHEDULE_FLOOR + (1.0 - SCHEDULE_FLOOR) * 0.5 * (1.0 + cos(3.14159265 * done));
    }
    default: { return 1.0; }
  }
}
