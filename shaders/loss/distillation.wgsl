// Distillation (Hinton, Vinyals, Dean 2015) of each row, times the weight of its label's class, whether the row is classified rightly, and the
// gradient of the mean over the real rows, or of their sum where not MEAN. With T = TEMPERATURE, p = softmax(teacher / T), q = softmax(x / T):
//   rows[n] = { WEIGHT T^2 sum over i of p[i] (log p[i] - log q[i]) + (1 - WEIGHT) (-log softmax(x)[label]), 1 if the first largest x is the label's, else 0 }
//   gradient[n,i] = WEIGHT T (q[i] - p[i]) + (1 - WEIGHT) (softmax(x)[i] - onehot(label)[i]), / real rows (MEAN; else as it is), times the
//   loss scale where SCALED
// With m = max x, -log softmax(x / T)[i] = (m - x[i]) / T + log1p(sum of exp((x - m) / T) but for the first largest), which no size of x spoils.
// A row of which an x or a teacher's logit is NaN, or whose label is no class, gets NaN, and is not right.
// Layouts, bindings and work: class-loss.wgsl; goal [R,N,1+K]: class index and the teacher's logits.
//#import class-loss

// Sums of exp(x - m), exp((x - m) / T) and exp((teacher - its m) / T), and of the divergence's terms.
alias Term = vec3f;

fn loss_of_row(row: Row) {
  let goal_at = (row.replica * ROWS + row.index) * (CHANNELS + 1u);
  let given = goal[goal_at];
  let label = u32(given);
  let channels = channels_of(row);
  var largest = logit(row, 0u);
  var taught = goal[goal_at + 1u];
  var first = 0u;
  var taught_first = 0u;
  var wrong = checked_label(given, unless_nan(taught, largest));
  for (var i = row.lane; i < channels; i += LANES) {
    let value = logit(row, i);
    let teacher = goal[goal_at + 1u + i];
    if (value > largest) { largest = value; first = i; }
    if (teacher > taught) { taught = teacher; taught_first = i; }
    wrong = unless_nan(value, unless_nan(teacher, wrong));
  }
  let top = top_over_lanes(row.lane, Top(largest, first));
  largest = top.value;
  first = top.index;
  let taught_top = top_over_lanes(row.lane, Top(taught, taught_first));
  taught = taught_top.value;
  taught_first = taught_top.index;
  wrong = nan_over_lanes(row.lane, wrong);
  var sums = LongSum();
  for (var i = row.lane; i < channels; i += LANES) {
    let below = largest - logit(row, i);
    let taught_below = taught - goal[goal_at + 1u + i];
    let terms = exp(-vec3f(below, below / TEMPERATURE, taught_below / TEMPERATURE));
    add_term(&sums, select(terms, vec3f(0.0), vec3<bool>(i == first, i == first, i == taught_first)));
  }
  let total = sum_over_lanes(row.lane, total_of(sums));
  let logs = vec3f(log1p(total.x), log1p(total.y), log1p(total.z));
  var divergences = LongSum();
  for (var i = row.lane; i < channels; i += LANES) {
    let below = (largest - logit(row, i)) / TEMPERATURE;
    let taught_below = (taught - goal[goal_at + 1u + i]) / TEMPERATURE;
    let p = exp(-taught_below) / (1.0 + total.z);
    // A class that the teacher rules out adds nothing, however far the student is from it.
    let term = select(0.0, p * ((below - taught_below) + (logs.y - logs.z)), p > 0.0);
    add_term(&divergences, vec3f(term, 0.0, 0.0));
  }
  let divergence = sum_over_lanes(row.lane, total_of(divergences)).x;
  let at_label = largest - logit(row, min(label, CHANNELS - 1u));
  var loss = WEIGHT * (TEMPERATURE * TEMPERATURE) * divergence;
  if (WEIGHT < 1.0) { loss += (1.0 - WEIGHT) * (logs.x + at_label); }
  let weight = row_weight(row.replica, given);
  store_row(row, unless_nan(wrong, weight * loss), first == label && !is_nan(wrong));
  if (GRADIENT) {
    let scale = weight * gradient_scale(row);
    for (var i = row.lane; i < channels; i += LANES) {
      let below = logit(row, i) - largest;
      let q = exp(below / TEMPERATURE) / (1.0 + total.y);
      let p = exp((goal[goal_at + 1u + i] - taught) / TEMPERATURE) / (1.0 + total.z);
      let hard = exp(below) / (1.0 + total.x) - select(0.0, 1.0, i == label);
      let slope = WEIGHT * TEMPERATURE * (q - p) + (1.0 - WEIGHT) * hard;
      store_gradient(row, i, unless_nan(wrong, slope * scale));
    }
  }
}
