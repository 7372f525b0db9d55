// Softmax along the last axis, and (GRADIENT) its gradient from its output.
//   forward:  y[i] = exp(x[i] - max x) / sum exp(x - max x)
//   gradient: dx[i] = y[i] (dy[i] - sum over j of dy[j] y[j]), with x = dy and saved = y
// A NaN in x makes its row NaN.
// Work: an invocation a row; z = replica.
//#import long-sum
//#import nan
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> saved: array<Activation>;
@group(0) @binding(2) var<storage, read_write> y: array<Activation>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (row >= ROWS) { return; }
  let x_at = workgroup.z * X_REPLICA + row * X_ROW + X_OFFSET;
  let y_at = workgroup.z * Y_REPLICA + row * Y_ROW + Y_OFFSET;
  if (GRADIENT) {
    let saved_at = workgroup.z * SAVED_REPLICA + row * SAVED_ROW + SAVED_OFFSET;
    var products = LongSum();
    for (var i = 0u; i < CHANNELS; i++) { add_term(&products, f32(x[x_at + i]) * f32(saved[saved_at + i])); }
    let inner = total_of(products);
    for (var i = 0u; i < CHANNELS; i++) { y[y_at + i] = Activation(f32(saved[saved_at + i]) * (f32(x[x_at + i]) - inner)); }
    return;
  }
  var largest = f32(x[x_at]);
  var nan = 0.0;
  for (var i = 0u; i < CHANNELS; i++) {
    let value = f32(x[x_at + i]);
    largest = max(largest, value);
    nan = select(nan, value, is_nan(value));
  }
  var powers = LongSum();
  for (var i = 0u; i < CHANNELS; i++) { add_term(&powers, exp(f32(x[x_at + i]) - largest)); }
  let sum = total_of(powers);
  for (var i = 0u; i < CHANNELS; i++) { y[y_at + i] = Activation(unless_nan(nan, exp(f32(x[x_at + i]) - largest) / sum)); }
}
