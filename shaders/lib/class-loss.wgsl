// What losses of rows of logits x with a label each share: LANES neighbouring invocations a row, its elements shared out by turns
// (row-lanes.wgsl), z = replica. The importing file has Term, the term of its long sums, and loss_of_row, which calls store_row and, where
// GRADIENT, store_gradient for each of the row's elements.
// Rows beyond the real ones (state) get zeros. Layouts: x [R,N,K] a view, goal what the importing file says, rows [R,N,2]: a row's loss, and 1
// where it is classified rightly, else 0; gradient [R,N,K].
//#import state
//#import log1p
//#import long-sum
//#import nan
//#import row-weight
//#import lanes
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> goal: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> rows: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Activation>;

struct Row { index: u32, replica: u32, real: u32, lane: u32, is_there: bool }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  // An invocation beyond the rows follows the last one, since all must meet at the barriers, and writes nothing.
  loss_of_row(Row(min(item / LANES, ROWS - 1u), workgroup.z, real_rows(ROWS), item % LANES, item / LANES < ROWS));
}

fn logit(row: Row, i: u32) -> f32 { return f32(x[row.replica * X_REPLICA + row.index * X_ROW + X_OFFSET + i]); }

// COMPACT (software drivers): a bound that the driver does not know keeps it from unrolling, which takes it long to compile.
fn channels_of(row: Row) -> u32 { return select(0u, CHANNELS, !COMPACT || row.is_there); }

// `otherwise`, or NaN where a label is no class.
fn checked_label(given: f32, otherwise: f32) -> f32 {
  let label = u32(given);
  return nan_where(is_nan(given) || f32(label) != given || label >= CHANNELS, otherwise);
}

fn store_row(row: Row, loss: f32, is_right: bool) {
  if (!row.is_there || row.lane > 0u) { return; }
  let at = (row.replica * ROWS + row.index) * 2u;
  let is_real = row.index < row.real;
  rows[at] = select(0.0, loss, is_real);
  rows[at + 1u] = select(0.0, 1.0, is_real && is_right);
}

// What a row's gradient is multiplied by: its share of the mean over the real rows (MEAN), and the loss scale (SCALED).
fn gradient_scale(row: Row) -> f32 {
  var scale = select(1.0, 1.0 / f32(row.real), MEAN);
  if (SCALED) { scale *= state_loss_scale(row.replica); }
  return scale;
}

fn store_gradient(row: Row, i: u32, value: f32) {
  if (!row.is_there) { return; }
  gradient[(row.replica * ROWS + row.index) * CHANNELS + i] = Activation(select(0.0, value, row.index < row.real));
}
