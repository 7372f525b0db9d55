// Binary cross-entropy of each row's one logit, times the weight of its label's class, whether the row is classified rightly, and the gradient of the mean over the real
// rows, or of their sum where not MEAN. With u = x for label 0 and -x for label 1, which is exact and loses nothing where x is large:
//   rows[n] = { -log(1 - sigmoid(u)) = max(u, 0) + log1p(exp(-|u|)), 1 if (x > 0) is the label, else 0 }
//   gradient[n] = sigmoid(x) - label = sigmoid(u) for label 0 and -sigmoid(u) for label 1; / real rows (MEAN; else as it is), times
//   the loss scale where SCALED
// Rows beyond the real ones (state) get zeros; a row whose x is NaN, or whose label is neither 0 nor 1, gets NaN, and is not right.
// Layouts: x [R,N,1] a view, labels [R,N] 0 or 1, rows [R,N,2], gradient [R,N,1].
// Work: an invocation a row; z = replica.
//#import state
//#import log1p
//#import nan
//#import row-weight
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> rows: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Activation>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (row >= ROWS) { return; }
  let replica = workgroup.z;
  let real = real_rows(ROWS);
  let is_real = row < real;
  let logit = f32(x[replica * X_REPLICA + row * X_ROW + X_OFFSET]);
  let label = labels[replica * ROWS + row];
  let is_one = label == 1.0;
  let wrong = nan_where(is_nan(label) || (!is_one && label != 0.0), logit);
  let u = select(logit, -logit, is_one);
  let e = exp(-abs(u));
  let weight = row_weight(replica, label);
  rows[(replica * ROWS + row) * 2u] = select(0.0, unless_nan(wrong, weight * (max(u, 0.0) + log1p(e))), is_real);
  rows[(replica * ROWS + row) * 2u + 1u] = select(0.0, 1.0, is_real && !is_nan(wrong) && (logit > 0.0) == is_one);
  if (GRADIENT) {
    var scale = weight * select(1.0, 1.0 / f32(real), MEAN);
    if (SCALED) { scale *= state_loss_scale(replica); }
    let sigmoid = select(e, 1.0, u > 0.0) / (1.0 + e);
    gradient[replica * ROWS + row] = Activation(select(0.0, unless_nan(wrong, select(sigmoid, -sigmoid, is_one) * scale), is_real));
  }
}
