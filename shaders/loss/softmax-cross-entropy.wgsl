// Softmax cross-entropy of each row, times the weight of its label's class, whether the row is classified rightly, and the gradient of the mean over the real rows, or of
// their sum where not MEAN.
//   target = (1 - LABELSMOOTHING) onehot(label) + LABELSMOOTHING / K
//   rows[n] = { -sum over i of target[i] log softmax(x)[i], 1 if the first largest x is the label's, else 0 }
//   gradient[n,i] = (softmax(x)[i] - target[i]) / real rows (MEAN; else as it is), times the loss scale where SCALED
// With m = max x, -log softmax(x)[i] = (m - x[i]) + log1p(sum of exp(x - m) but for the first largest), a sum of which no term is
// negative: nothing cancels and nothing overflows, however large x is.
// Rows beyond the real ones (state) get zeros; a row of which an x is NaN, or whose label is no class, gets NaN, and is not right.
// Layouts: x [R,N,K] a view, labels [R,N] class indices, rows [R,N,2], gradient [R,N,K].
// Work: an invocation a row; z = replica.
//#import state
//#import log1p
//#import long-sum
//#import nan
//#import row-weight
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> rows: array<f32>;
@group(0) @binding(4) var<storage, read_write> gradient: array<Activation>;

// Sums of { exp(x - m), (m - x) / K }.
alias Term = vec2f;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (row >= ROWS) { return; }
  let replica = workgroup.z;
  let real = real_rows(ROWS);
  let is_real = row < real;
  let x_at = replica * X_REPLICA + row * X_ROW + X_OFFSET;
  let given = labels[replica * ROWS + row];
  let label = u32(given);
  // COMPACT (software drivers): a bound that the driver does not know keeps it from unrolling, which takes it long to compile.
  let channels = select(CHANNELS, min(CHANNELS, row + CHANNELS), COMPACT);
  var largest = f32(x[x_at]);
  var first = 0u;
  var wrong = nan_where(is_nan(given) || f32(label) != given || label >= CHANNELS, largest);
  for (var i = 1u; i < channels; i++) {
    let value = f32(x[x_at + i]);
    if (value > largest) { largest = value; first = i; }
    wrong = unless_nan(value, wrong);
  }
  var sums = LongSum();
  for (var i = 0u; i < channels; i++) {
    let below = largest - f32(x[x_at + i]);
    add_term(&sums, vec2f(select(exp(-below), 0.0, i == first), below * (1.0 / f32(CHANNELS))));
  }
  let total = total_of(sums);
  let weight = row_weight(replica, given);
  let at_label = largest - f32(x[x_at + min(label, CHANNELS - 1u)]);
  var loss = log1p(total.x) + (1.0 - LABELSMOOTHING) * at_label;
  // Without smoothing other classes may have logits of -infinity.
  if (LABELSMOOTHING > 0.0) { loss += LABELSMOOTHING * total.y; }
  rows[(replica * ROWS + row) * 2u] = select(0.0, unless_nan(wrong, weight * loss), is_real);
  rows[(replica * ROWS + row) * 2u + 1u] = select(0.0, 1.0, is_real && first == label && !is_nan(wrong));
  if (GRADIENT) {
    var scale = weight * select(1.0, 1.0 / f32(real), MEAN);
    if (SCALED) { scale *= state_loss_scale(replica); }
    for (var i = 0u; i < channels; i++) {
      let goal = LABELSMOOTHING / f32(CHANNELS) + select(0.0, 1.0 - LABELSMOOTHING, i == label);
      let slope = exp(f32(x[x_at + i]) - largest) / (1.0 + total.x) - goal;
      gradient[(replica * ROWS + row) * CHANNELS + i] = Activation(select(0.0, unless_nan(wrong, slope * scale), is_real));
    }
  }
}
