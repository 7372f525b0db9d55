// Adds over the sections of a workgroup through its memory: section s gets the total of values[s], in the order of the sections.
// A row has one place more than there are lanes, so that neighbours find different banks.
var<workgroup> parts: array<f32, TOTALS * (LANES + 1u)>;

fn combine(values: array<f32, TOTALS>, lane: u32) -> f32 {
  workgroupBarrier();
  for (var j = 0u; j < TOTALS; j++) { parts[j * (LANES + 1u) + lane] = values[j]; }
  workgroupBarrier();
  var total = 0.0;
  let row = min(lane / UNIT_LANES, TOTALS - 1u) * (LANES + 1u);
  // A bound that the driver does not know keeps it from unrolling this.
  for (var s = 0u; s < min(LANES / UNIT_LANES, lane + LANES / UNIT_LANES); s++) { total += parts[row + s * UNIT_LANES + lane % UNIT_LANES]; }
  return total;
}
