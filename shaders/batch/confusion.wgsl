// Counts predictions: confusion[label, predicted] += 1 for each real row. Integer atomics, so any order gives the same counts.
// The largest of K logits is predicted; of one (BINARY), class 1 where it is above 0, else class 0. A row of which a logit is NaN predicts
// nothing, and is not counted.
// Layouts: x [R,N,K] a view, labels [R,N], confusion [R,CLASSES,CLASSES].
// Work: an invocation a row; z = replica.
//#import state
//#import nan
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> labels: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> confusion: array<atomic<u32>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (row >= ROWS || row >= real_rows(ROWS)) { return; }
  let at = workgroup.z * X_REPLICA + row * X_ROW + X_OFFSET;
  var largest = f32(x[at]);
  var predicted = select(0u, 1u, BINARY && largest > 0.0);
  var undecided = is_nan(largest);
  for (var i = 1u; i < CHANNELS; i++) {
    let value = f32(x[at + i]);
    if (value > largest) { largest = value; predicted = i; }
    undecided = undecided || is_nan(value);
  }
  let label = u32(labels[workgroup.z * ROWS + row]);
  if (undecided || label >= CLASSES) { return; }
  atomicAdd(&confusion[(workgroup.z * CLASSES + label) * CLASSES + predicted], 1u);
}
