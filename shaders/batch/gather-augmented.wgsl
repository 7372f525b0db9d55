// Gathers a batch as gather.wgsl does, with each image augmented (shaders/lib/augmentation.wgsl):
// x[r,n,i] = augmented(SCALE source[sample] + OFFSET)[i], y[r,n,j] = target[sample,j]. Images are [HEIGHT,WIDTH,CHANNELS].
// Work: a workgroup makes a row, an invocation every WORKGROUP-th element of x and target; z = replica.
//#import sample
//#import augmentation
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
  let drawn = draw_augmentation(replica, row);
  for (var i = local; i < X_LENGTH; i += WORKGROUP) {
    let place = i / CHANNELS;
    var value = 0.0;
    if (is_real) { value = augmented_pixel(drawn, local_sample * X_LENGTH, vec2i(vec2u(place / WIDTH, place % WIDTH)), i % CHANNELS); }
    x[(replica * ROWS + row) * X_LENGTH + i] = Activation(value);
  }
  for (var j = local; j < Y_LENGTH; j += WORKGROUP) {
    y[(replica * ROWS + row) * Y_LENGTH + j] = select(0.0, targets[local_sample * Y_LENGTH + j], is_real);
  }
}
