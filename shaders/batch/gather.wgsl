// Gathers a batch from the data set on the GPU: x[r,n,i] = SCALE source[sample,i] + OFFSET, y[r,n,j] = target[sample,j].
// sample = the shuffled place of row n in this epoch (keyed by seed and epoch), or its plain place where SHUFFLE is off. Rows
// beyond the epoch's last sample are zero. The source holds the samples FIRST to FIRST + COUNT of the set, as f32 or as bytes,
// four to a word; where a set lies in several buffers each has a dispatch of its own, which leaves the others' rows alone.
// Work: a workgroup makes a row, an invocation every WORKGROUP-th group of four elements of x and every WORKGROUP-th target;
// z = replica.
//#import sample
@group(0) @binding(0) var<storage, read> source: array<u32>;
@group(0) @binding(1) var<storage, read> targets: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> x: array<Activation>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let row = workgroup.y * GRID_X + workgroup.x;
  if (row >= ROWS) { return; }
  let replica = workgroup.z;
  let is_real = row < real_rows(ROWS);
  let sample = sample_of(replica, row, is_real);
  if (is_real && (sample < FIRST || sample - FIRST >= COUNT)) { return; }
  let local_sample = select(0u, sample - FIRST, is_real);
  let x_at = (replica * ROWS + row) * X_LENGTH;
  for (var first = local * 4u; first < X_LENGTH; first += WORKGROUP * 4u) {
    let at = local_sample * X_LENGTH + first;
    if (BYTES && X_LENGTH % 4u == 0u) {
      let bytes = (vec4u(source[at / 4u]) >> vec4u(0u, 8u, 16u, 24u)) & vec4u(255u);
      let value = select(vec4f(0.0), vec4f(bytes) * SCALE + OFFSET, is_real);
      for (var i = 0u; i < 4u; i++) { x[x_at + first + i] = Activation(value[i]); }
    } else {
      for (var i = 0u; i < min(4u, X_LENGTH - first); i++) { x[x_at + first + i] = Activation(select(0.0, element(at + i), is_real)); }
    }
  }
  for (var j = local; j < Y_LENGTH; j += WORKGROUP) {
    y[(replica * ROWS + row) * Y_LENGTH + j] = select(0.0, targets[local_sample * Y_LENGTH + j], is_real);
  }
}
