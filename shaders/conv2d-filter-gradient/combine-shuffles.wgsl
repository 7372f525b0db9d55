// Adds over the sections of a workgroup, which is one subgroup: section s gets the total of values[s]. Neighbours first: a sum
// of two is the same in both orders, so that all lanes have the same total.
enable subgroups;

fn combine(values: array<f32, TOTALS>, lane: u32) -> f32 {
  var mine = 0.0;
  for (var j = 0u; j < TOTALS; j++) {
    var total = values[j];
    for (var step = UNIT_LANES; step < LANES; step *= 2u) { total += subgroupShuffleXor(total, step); }
    mine = select(mine, total, lane / UNIT_LANES == j);
  }
  return mine;
}
