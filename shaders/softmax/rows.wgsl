// Softmax along the last axis, and (GRADIENT) its gradient from its output.
//   forward:  y[i] = exp(x[i] - max x) / sum exp(x - max x)
//   gradient: dx[i] = y[i] (dy[i] - sum over j of dy[j] y[j]), with x = dy and saved = y
// Work: an invocation a row; z = replica.
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> saved: array<Activation>;
@group(0) @binding(2) var<storage, read_write> y: array<Activation>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (row >= ROWS) { return; }
  let x_at = workgroup.z * X_REPLICA + row * X_ROW + X_OFFSET;
  let y_at = workgroup.z * Y_REPLICA + row * Y_ROW + Y_OFFSET;
  if (GRADIENT) {
    let saved_at = workgroup.z * SAVED_REPLICA + row * SAVED_ROW + SAVED_OFFSET;
    var inner = 0.0;
    for (var i = 0u; i < CHANNELS; i++) { inner += f32(x[x_at + i]) * f32(saved[saved_at + i]); }
    for (var i = 0u; i < CHANNELS; i++) { y[y_at + i] = Activation(f32(saved[saved_at + i]) * (f32(x[x_at + i]) - inner)); }
    return;
  }
  var largest = f32(x[x_at]);
  for (var i = 1u; i < CHANNELS; i++) { largest = max(largest, f32(x[x_at + i])); }
  var sum = 0.0;
  for (var i = 0u; i < CHANNELS; i++) { sum += exp(f32(x[x_at + i]) - largest); }
  for (var i = 0u; i < CHANNELS; i++) { y[y_at + i] = Activation(exp(f32(x[x_at + i]) - largest) / sum); }
}
