// Softmax along the last axis, and (GRADIENT) its gradient from its output.
//   forward:  y[i] = exp(x[i] - max x) / sum exp(x - max x)
//   gradient: dx[i] = y[i] (dy[i] - sum over j of dy[j] y[j]), with x = dy and saved = y
// A NaN in x makes its row NaN.
// Work: LANES neighbouring invocations a row, its elements shared out by turns (row-lanes.wgsl); z = replica.
//#import long-sum
//#import nan
//#import lanes
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> saved: array<Activation>;
@group(0) @binding(2) var<storage, read_write> y: array<Activation>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  let lane = item % LANES;
  // An invocation beyond the rows follows the last one, since all must meet at the barriers, and writes nothing.
  let row = min(item / LANES, ROWS - 1u);
  let is_there = item / LANES < ROWS;
  let x_at = workgroup.z * X_REPLICA + row * X_ROW + X_OFFSET;
  let y_at = workgroup.z * Y_REPLICA + row * Y_ROW + Y_OFFSET;
  if (GRADIENT) {
    let saved_at = workgroup.z * SAVED_REPLICA + row * SAVED_ROW + SAVED_OFFSET;
    var products = LongSum();
    for (var i = lane; i < CHANNELS; i += LANES) { add_term(&products, f32(x[x_at + i]) * f32(saved[saved_at + i])); }
    let inner = sum_over_lanes(lane, total_of(products));
    if (is_there) {
      for (var i = lane; i < CHANNELS; i += LANES) { y[y_at + i] = Activation(f32(saved[saved_at + i]) * (f32(x[x_at + i]) - inner)); }
    }
    return;
  }
  var largest = f32(x[x_at]);
  var nan = 0.0;
  for (var i = lane; i < CHANNELS; i += LANES) {
    let value = f32(x[x_at + i]);
    largest = max(largest, value);
    nan = select(nan, value, is_nan(value));
  }
  largest = top_over_lanes(lane, Top(largest, 0u)).value;
  nan = nan_over_lanes(lane, nan);
  var powers = LongSum();
  for (var i = lane; i < CHANNELS; i += LANES) { add_term(&powers, exp(f32(x[x_at + i]) - largest)); }
  let sum = sum_over_lanes(lane, total_of(powers));
  if (is_there) {
    for (var i = lane; i < CHANNELS; i += LANES) { y[y_at + i] = Activation(unless_nan(nan, exp(f32(x[x_at + i]) - largest) / sum)); }
  }
}
