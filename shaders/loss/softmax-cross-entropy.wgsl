// Softmax cross-entropy of each row, times the weight of its label's class, whether the row is classified rightly, and the gradient of the mean
// over the real rows, or of their sum where not MEAN.
//   target = (1 - LABELSMOOTHING) onehot(label) + LABELSMOOTHING / K
//   rows[n] = { -sum over i of target[i] log softmax(x)[i], 1 if the first largest x is the label's, else 0 }
//   gradient[n,i] = (softmax(x)[i] - target[i]) / real rows (MEAN; else as it is), times the loss scale where SCALED
// With m = max x, -log softmax(x)[i] = (m - x[i]) + log1p(sum of exp(x - m) but for the first largest), a sum of which no term is
// negative: nothing cancels and nothing overflows, however large x is.
// A row of which an x is NaN, or whose label is no class, gets NaN, and is not right.
// Layouts, bindings and work: class-loss.wgsl; goal [R,N]: class indices.
//#import class-loss

// Sums of { exp(x - m), (m - x) / K }.
alias Term = vec2f;

fn loss_of_row(row: Row) {
  let given = goal[row.replica * ROWS + row.index];
  let label = u32(given);
  let channels = channels_of(row);
  var largest = logit(row, 0u);
  var first = 0u;
  var wrong = checked_label(given, largest);
  for (var i = row.lane; i < channels; i += LANES) {
    let value = logit(row, i);
    if (value > largest) { largest = value; first = i; }
    wrong = unless_nan(value, wrong);
  }
  let top = top_over_lanes(row.lane, Top(largest, first));
  largest = top.value;
  first = top.index;
  wrong = nan_over_lanes(row.lane, wrong);
  var sums = LongSum();
  for (var i = row.lane; i < channels; i += LANES) {
    let below = largest - logit(row, i);
    add_term(&sums, vec2f(select(exp(-below), 0.0, i == first), below * (1.0 / f32(CHANNELS))));
  }
  let total = sum_over_lanes(row.lane, total_of(sums));
  let weight = row_weight(row.replica, given);
  let at_label = largest - logit(row, min(label, CHANNELS - 1u));
  var loss = log1p(total.x) + (1.0 - LABELSMOOTHING) * at_label;
  // Without smoothing other classes may have logits of -infinity.
  if (LABELSMOOTHING > 0.0) { loss += LABELSMOOTHING * total.y; }
  store_row(row, unless_nan(wrong, weight * loss), first == label && !is_nan(wrong));
  if (GRADIENT) {
    let scale = weight * gradient_scale(row);
    for (var i = row.lane; i < channels; i += LANES) {
      let target_ = LABELSMOOTHING / f32(CHANNELS) + select(0.0, 1.0 - LABELSMOOTHING, i == label);
      let slope = exp(logit(row, i) - largest) / (1.0 + total.x) - target_;
      store_gradient(row, i, unless_nan(wrong, slope * scale));
    }
  }
}
