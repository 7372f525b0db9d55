// The loss of each row of targets, averaged over its elements, and the gradient of the mean over the real rows, or of their sum where not
// MEAN, from what the importing file says of one error e = x - target:
//   loss_of(e), gradient_of(e) -> f32
//   rows[n] = { sum over i of loss_of(e[n,i]) / K, 0 }
//   gradient[n,i] = gradient_of(e[n,i]) / (K real rows) (MEAN; else / K), times the loss scale where SCALED; rows beyond the real ones
//   (state) get zeros
// Layouts: x, target [R,N,K] views, rows [R,N,2], gradient [R,N,K]. LEADING rows of the view make one row of the batch.
// Work: LANES neighbouring invocations a row of the batch (row-lanes.wgsl), CHANNEL_LANES of them a line of the view; z = replica.
//#import state
//#import nan
//#import lanes
//#import long-sum
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> goal: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> rows: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Activation>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  let lane = item % LANES;
  // An invocation beyond the rows follows the last one, since all must meet at the barriers, and writes nothing.
  let row = min(item / LANES, ROWS - 1u);
  let is_there = item / LANES < ROWS;
  let replica = workgroup.z;
  let real = real_rows(ROWS);
  let is_real = row < real;
  var scale = 1.0 / (f32(LEADING * CHANNELS) * select(1.0, f32(real), MEAN));
  if (SCALED) { scale *= state_loss_scale(replica); }
  var losses = LongSum();
  for (var line = row * LEADING + lane / CHANNEL_LANES; line < (row + 1u) * LEADING; line += LANES / CHANNEL_LANES) {
    for (var i = lane % CHANNEL_LANES; i < CHANNELS; i += CHANNEL_LANES) {
      let error = f32(x[replica * X_REPLICA + line * X_ROW + X_OFFSET + i]) - goal[replica * GOAL_REPLICA + line * GOAL_ROW + GOAL_OFFSET + i];
      add_term(&losses, loss_of(error));
      if (GRADIENT && is_there) { gradient[(replica * ROWS * LEADING + line) * CHANNELS + i] = Activation(select(0.0, gradient_of(error) * scale, is_real)); }
    }
  }
  let sum = sum_over_lanes(lane, total_of(losses));
  if (is_there && lane == 0u) {
    rows[(replica * ROWS + row) * 2u] = select(0.0, sum / f32(LEADING * CHANNELS), is_real);
    rows[(replica * ROWS + row) * 2u + 1u] = 0.0;
  }
}
