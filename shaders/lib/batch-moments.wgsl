// Moments of channels over the real rows of a batch, from `moments`, which the importing file binds:
//   JOINED  [R,SPLITS,C,2] = { mean, sum of squared deviations } of parts of the rows, joined in order (Chan, Golub, LeVeque 1979)
//   else    [R,C,2] = { mean, 1 / sqrt(variance + EPSILON) }, whose variance, over the population, is not told
// The importing file declares the aliases Channels (u32, or vec4u for four of them) and Values (f32 or vec4f), and moments_at(Channels) -> Values.
//#import state
struct Moments { mean: Values, inverse: Values, variance: Values }

fn joined_moments(replica: u32, channel: Channels) -> Moments {
  let rows = real_rows(BATCH) * LEADING;
  var count = 0.0;
  var mean = Values(0.0);
  var squares = Values(0.0);
  // A bound that the driver does not know: written out, the loop takes Mesa seconds to compile.
  for (var split = 0u; split * ROWS_PER_SPLIT < rows; split++) {
    let added = f32(min(ROWS_PER_SPLIT, rows - split * ROWS_PER_SPLIT));
    let at = (channel + (replica * SPLITS + split) * CHANNELS) * 2u;
    let difference = moments_at(at) - mean;
    let total = count + added;
    let share = added / total;
    mean += difference * share;
    squares += moments_at(at + 1u) + difference * difference * (count * share);
    count = total;
  }
  let variance = squares / count;
  return Moments(mean, 1.0 / sqrt(variance + EPSILON), variance);
}

fn moments_of(replica: u32, channel: Channels) -> Moments {
  var found: Moments;
  if (JOINED) {
    found = joined_moments(replica, channel);
  } else {
    let at = (channel + replica * CHANNELS) * 2u;
    found = Moments(moments_at(at), moments_at(at + 1u), Values(0.0));
  }
  return found;
}
