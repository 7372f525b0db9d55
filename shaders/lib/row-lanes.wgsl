// LANES neighbouring invocations, a whole workgroup, share out a row: what each has is put together in their order, and all get it.
// Everybody in the workgroup must call these. The importing file declares the alias Term (f32 or a vector).
var<workgroup> lane_terms: array<Term, LANES>;
var<workgroup> lane_tops: array<Top, LANES>;

// A row's largest value, and where it stands first.
struct Top { value: f32, index: u32 }

fn sum_over_lanes(lane: u32, part: Term) -> Term {
  workgroupBarrier();
  lane_terms[lane] = part;
  workgroupBarrier();
  var total = Term();
  for (var other = 0u; other < LANES; other++) { total += lane_terms[other]; }
  return total;
}

fn top_over_lanes(lane: u32, own: Top) -> Top {
  workgroupBarrier();
  lane_tops[lane] = own;
  workgroupBarrier();
  var top = lane_tops[0];
  for (var other = 1u; other < LANES; other++) {
    let one = lane_tops[other];
    if (one.value > top.value || (one.value == top.value && one.index < top.index)) { top = one; }
  }
  return top;
}

// A NaN where any lane has one, else what the first lane has.
fn nan_over_lanes(lane: u32, own: f32) -> f32 {
  workgroupBarrier();
  lane_tops[lane].value = own;
  workgroupBarrier();
  var result = lane_tops[0].value;
  for (var other = 1u; other < LANES; other++) { result = unless_nan(lane_tops[other].value, result); }
  return result;
}
