// A convolution or dense layer in integers of 8 bits:
//   y[n,oy,ox,k] = clamp(zero of y + multiplied(bias[k] + sum over the window and the channels of k's group of (x - zero of x) w))
// Layouts: x [N,H,W,C] and y [N,OH,OW,K], one integer a word; weights [KH,KW,C/groups,K], four a word, the lowest byte first;
// channels [K]: bias, multiplier, shift. A dense layer is a convolution of one pixel.
// Work: an invocation an output element.
//#import multiplied
@group(0) @binding(0) var<storage, read> x: array<i32>;
@group(0) @binding(1) var<storage, read> weights: array<i32>;
@group(0) @binding(2) var<storage, read> channels: array<vec4i>;
@group(0) @binding(3) var<storage, read_write> y: array<i32>;

fn weight(at: u32) -> i32 {
  return extractBits(weights[at >> 2u], (at & 3u) * 8u, 8u);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let k = item % OUTPUTS;
  let pixel = item / OUTPUTS;
  let left = i32(pixel % OUT_WIDTH * STRIDE_WIDTH) - i32(LEFT);
  let top = i32(pixel / OUT_WIDTH % OUT_HEIGHT * STRIDE_HEIGHT) - i32(TOP);
  let image = pixel / (OUT_WIDTH * OUT_HEIGHT);
  let first = k / (OUTPUTS / GROUPS) * SIZE;
  let channel = channels[k];
  var sum = channel.x;
  for (var kh = 0u; kh < WINDOW_HEIGHT; kh++) {
    let row = top + i32(kh * DILATION_HEIGHT);
    if (row < 0 || row >= i32(IN_HEIGHT)) { continue; }
    for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
      let column = left + i32(kw * DILATION_WIDTH);
      if (column < 0 || column >= i32(IN_WIDTH)) { continue; }
      let from_x = ((image * IN_HEIGHT + u32(row)) * IN_WIDTH + u32(column)) * (SIZE * GROUPS) + first;
      let from_w = (kh * WINDOW_WIDTH + kw) * SIZE * OUTPUTS + k;
      for (var c = 0u; c < SIZE; c++) { sum += (x[from_x + c] - X_ZERO) * weight(from_w + c * OUTPUTS); }
    }
  }
  y[item] = clamp(Y_ZERO + multiplied(sum, channel.y, channel.z), LEAST, MOST);
}
