// The sums of dy and dy xhat over the real rows of a batch, from `sums`: [R,C,2], or (JOINED) of parts of the rows [R,SPLITS,C,2], added in order.
// The importing file declares the aliases Channels and Values as for batch-moments.wgsl, and sums_at(Channels) -> Values.
//#import state
struct Totals { first: Values, second: Values }

fn totals_of(replica: u32, channel: Channels) -> Totals {
  var totals = Totals(Values(0.0), Values(0.0));
  let all = select(1u, SPLITS, JOINED);
  // A bound that the driver does not know (of a minimum it knows the most) keeps it from writing the loop out.
  let parts = select(0u, all, real_rows(BATCH) > 0u);
  for (var part = 0u; part < parts; part++) {
    let at = (channel + (replica * all + part) * CHANNELS) * 2u;
    totals.first += sums_at(at);
    totals.second += sums_at(at + 1u);
  }
  return totals;
}
