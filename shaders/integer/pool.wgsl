// Pooling of integers of 8 bits: of what of each window lies in the image, the largest, or the mean, rounded to the nearest, halves away
// from 0.
// Layouts: x [N,H,W,C] and y [N,OH,OW,C], one integer a word.
// Work: an invocation an output element.
@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let c = item % CHANNELS;
  let pixel = item / CHANNELS;
  let left = i32(pixel % OUT_WIDTH * STRIDE_WIDTH) - i32(LEFT);
  let top = i32(pixel / OUT_WIDTH % OUT_HEIGHT * STRIDE_HEIGHT) - i32(TOP);
  let image = pixel / (OUT_WIDTH * OUT_HEIGHT);
  var largest = -128;
  var sum = 0;
  var count = 0;
  for (var kh = 0; kh < i32(WINDOW_HEIGHT); kh++) {
    let row = top + kh;
    if (row < 0 || row >= i32(IN_HEIGHT)) { continue; }
    for (var kw = 0; kw < i32(WINDOW_WIDTH); kw++) {
      let column = left + kw;
      if (column < 0 || column >= i32(IN_WIDTH)) { continue; }
      let value = x[((image * IN_HEIGHT + u32(row)) * IN_WIDTH + u32(column)) * CHANNELS + c];
      largest = max(largest, value);
      sum += value;
      count++;
    }
  }
  let half = select(-(count / 2), count / 2, sum > 0);
  y[item] = select((sum + half) / max(count, 1), largest, MAXIMUM);
}
