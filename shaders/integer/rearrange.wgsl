// Integers of 8 bits moved about: pixels repeated DOWN and ACROSS times, channels dealt out over GROUPS, or a value as the channels from
// OFFSET on of a wider one.
//   y[n, row, column, OFFSET + c] = x[n, row / DOWN, column / ACROSS, (c % GROUPS) (CHANNELS / GROUPS) + c / GROUPS]
// Layouts: x [N,H,W,CHANNELS], y [N, H DOWN, W ACROSS, Y_CHANNELS], one integer a word.
// Work: an invocation an element that is written.
@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let c = item % CHANNELS;
  let pixel = item / CHANNELS;
  let column = pixel % OUT_WIDTH;
  let row = pixel / OUT_WIDTH % OUT_HEIGHT;
  let image = pixel / (OUT_WIDTH * OUT_HEIGHT);
  let source = (image * (OUT_HEIGHT / DOWN) + row / DOWN) * (OUT_WIDTH / ACROSS) + column / ACROSS;
  y[pixel * Y_CHANNELS + OFFSET + c] = x[source * CHANNELS + c % GROUPS * (CHANNELS / GROUPS) + c / GROUPS];
}
