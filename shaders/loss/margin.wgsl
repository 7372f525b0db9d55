// Margin loss (Sabour, Frosst, Hinton 2017) of each row, times the weight of its label's class, whether the row is classified rightly, and the
// gradient of the mean over the real rows, or of their sum where not MEAN.
//   short = max(0, PRESENT - x[label]), long[i] = max(0, x[i] - ABSENT)
//   rows[n] = { short^2 + WEIGHT sum over i but for the label of long[i]^2, 1 if the first largest x is the label's, else 0 }
//   gradient[n,i] = -2 short for the label, else 2 WEIGHT long[i]; / real rows (MEAN; else as it is), times the loss scale where SCALED
// A row of which an x is NaN, or whose label is no class, gets NaN, and is not right.
// Layouts, bindings and work: class-loss.wgsl; goal [R,N]: class indices.
//#import class-loss

alias Term = f32;

fn loss_of_row(row: Row) {
  let given = goal[row.replica * ROWS + row.index];
  let label = u32(given);
  let channels = channels_of(row);
  var largest = logit(row, 0u);
  var first = 0u;
  var wrong = checked_label(given, largest);
  var sum = LongSum();
  for (var i = row.lane; i < channels; i += LANES) {
    let value = logit(row, i);
    if (value > largest) { largest = value; first = i; }
    wrong = unless_nan(value, wrong);
    let beyond = excess(value, i == label);
    add_term(&sum, select(WEIGHT, 1.0, i == label) * (beyond * beyond));
  }
  let top = top_over_lanes(row.lane, Top(largest, first));
  wrong = nan_over_lanes(row.lane, wrong);
  let loss = sum_over_lanes(row.lane, total_of(sum));
  let weight = row_weight(row.replica, given);
  store_row(row, unless_nan(wrong, weight * loss), top.index == label && !is_nan(wrong));
  if (GRADIENT) {
    let scale = weight * gradient_scale(row);
    for (var i = row.lane; i < channels; i += LANES) {
      let beyond = excess(logit(row, i), i == label);
      let slope = select(2.0 * WEIGHT, -2.0, i == label) * beyond;
      store_gradient(row, i, unless_nan(wrong, slope * scale));
    }
  }
}

// How far an output is on the wrong side of its margin.
fn excess(value: f32, is_label: bool) -> f32 { return max(0.0, select(value - ABSENT, PRESENT - value, is_label)); }
