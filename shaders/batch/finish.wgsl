// Ends a step: notes the batch's loss, adds its right answers, notes the first step whose loss is not finite, and counts the step.
// Lanes add strided rows, then lane 0 adds the lanes in order. The host adds the losses of the steps, in float64, so that their
// sum does not depend on how many steps a submit holds.
//   metrics, METRICS words a replica: steps in this submit, right answers, samples, first bad step (1 is the first; 0 none), steps
//   skipped so far (MIXED), and the sum of the losses (f32) of each step
// MIXED: a step that the optimizer skipped halves the replica's loss scale, GROWTH_STEPS good ones in a row double it.
// Work: one workgroup for all replicas; on software drivers one lane, since a barrier takes them most of a second to compile.
//#import state
//#import long-sum
@group(0) @binding(0) var<storage, read> rows: array<f32>;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> metrics: array<u32>;

alias Term = f32;
var<workgroup> losses: array<f32, WORKGROUP>;
var<workgroup> hits: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(local_invocation_index) local: u32) {
  for (var replica = 0u; replica < REPLICAS; replica++) {
    var loss = LongSum();
    var hit = 0.0;
    for (var row = local; row < ROWS; row += WORKGROUP) {
      add_term(&loss, rows[(replica * ROWS + row) * 2u]);
      hit += rows[(replica * ROWS + row) * 2u + 1u];
    }
    losses[local] = total_of(loss);
    hits[local] = hit;
    if (WORKGROUP > 1u) { workgroupBarrier(); }
    if (local == 0u) {
      var total = 0.0;
      var right = 0.0;
      for (var lane = 0u; lane < WORKGROUP; lane++) {
        total += losses[lane];
        right += hits[lane];
      }
      let at = replica * METRICS;
      metrics[at + min(5u + metrics[at], METRICS - 1u)] = bitcast<u32>(total);
      metrics[at] += 1u;
      metrics[at + 1u] += u32(right);
      metrics[at + 2u] += real_rows(ROWS);
      if ((bitcast<u32>(total) & 0x7f800000u) == 0x7f800000u && metrics[at + 3u] == 0u) { metrics[at + 3u] = state[0] + 1u; }
      if (MIXED) {
        let own = 8u + 8u * replica;
        let scale = state_loss_scale(replica);
        if (state_overflow(replica)) {
          state[own + 2u] = bitcast<u32>(max(1.0, scale * 0.5));
          state[own + 3u] = 0u;
          state[own + 5u] += 1u;
          state[own + 6u] = 0u;
        } else {
          state[own + 4u] += 1u;
          let good = state[own + 3u] + 1u;
          state[own + 3u] = good % GROWTH_STEPS;
          if (good == GROWTH_STEPS) { state[own + 2u] = bitcast<u32>(min(MOST_SCALE, scale * 2.0)); }
        }
        metrics[at + 4u] = state[own + 5u];
      }
    }
    if (WORKGROUP > 1u) { workgroupBarrier(); }
  }
  if (local == 0u) { state[0] += 1u; }
}
