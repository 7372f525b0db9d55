// Convolution's gradient with respect to its filter and bias, as an implicit matrix product by blocks in workgroup memory: for GPUs.
// See direct.wgsl for what it computes and tile/product.wgsl for how.
//   left(m,k): x under tap and input channel m of output pixel k; right(k,n): dy. Channels count first in m, so that few channels waste
//   no lanes; a quad of left is four channels of a pixel where channels and strides are multiples of 4, else four elements by
//   themselves. The bias gradient is the sum of right, which the workgroups of the first m make besides.
// Work: a workgroup makes a block of taps and input channels x output channels of a group, over the pixels of a split; blocks run
// along output channels first; z = (replica x splits + split) x groups + group.
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;

const OUT_PIXELS = OUT_HEIGHT * OUT_WIDTH;

var<private> left_base: u32;
var<private> right_base: u32;

struct Place { at: u32, inside: bool }

// Where the input under tap and channel m of pixel k lies.
fn place(m: u32, k: u32, end: u32) -> Place {
  let pixel = k % OUT_PIXELS;
  let tap = m / IN_CHANNELS;
  let iy = i32(pixel / OUT_WIDTH * STRIDE_HEIGHT + tap / WINDOW_WIDTH * DILATION_HEIGHT) - i32(TOP);
  let ix = i32(pixel % OUT_WIDTH * STRIDE_WIDTH + tap % WINDOW_WIDTH * DILATION_WIDTH) - i32(LEFT);
  let inside = m < M && k < end && iy >= 0 && iy < i32(IN_HEIGHT) && ix >= 0 && ix < i32(IN_WIDTH);
  let row = (k / OUT_PIXELS * IN_HEIGHT + u32(max(iy, 0))) * IN_WIDTH + u32(max(ix, 0));
  return Place(left_base + row * X_ROW + m % IN_CHANNELS, inside);
}

fn left_quad(m: u32, k: u32, end: u32) -> vec4f {
  if (LEFT_VEC4) {
    let found = place(m, k, end);
    return left_elements(found.at, found.inside);
  }
  var quad = vec4f(0.0);
  for (var j = 0u; j < bound(4u, m); j++) {
    let found = place(m + j, k, end);
    quad[j] = left_element(found.at, found.inside);
  }
  return quad;
}

fn right_quad(k: u32, n: u32, end: u32) -> vec4f {
  let at = right_base + k * DY_ROW + n;
  let inside = k < end && n < OUT_CHANNELS;
  if (RIGHT_VEC4) { return right_elements(at, inside); }
  let count = select(0u, OUT_CHANNELS - n, inside);
  var quad = vec4f(0.0);
  for (var j = 0u; j < bound(4u, k); j++) { quad[j] = right_element(at + j, j < count); }
  return quad;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = workgroup.y * GRID_X + workgroup.x;
  if (block >= BLOCKS) { return; }
  let group = workgroup.z % GROUPS;
  let part = workgroup.z / GROUPS;
  let replica = part / SPLITS;
  let split = part % SPLITS;
  left_base = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS;
  right_base = replica * DY_REPLICA + DY_OFFSET + group * OUT_CHANNELS;
  let m0 = block / BLOCKS_N * BLOCK_M;
  let n0 = block % BLOCKS_N * BLOCK_N;
  let with_bias = BIAS && m0 == 0u;
  let end = min((split + 1u) * ROWS_PER_SPLIT, ROWS) * OUT_WIDTH;
  let sums = product(local, m0, n0, split * ROWS_PER_SPLIT * OUT_WIDTH, end, with_bias);

  let lane = lane_of(local);
  let n = n0 + lane.n * 4u;
  if (lane.slice > 0u || n >= OUT_CHANNELS) { return; }
  let count = min(4u, OUT_CHANNELS - n);
  let channel = group * OUT_CHANNELS + n;
  for (var i = 0u; i < bound(THREAD_M, local); i++) {
    let m = m0 + row_of(lane, i);
    if (m < M) { store_result(part * FILTER_LENGTH + m * (OUT_CHANNELS * GROUPS) + channel, sums.rows[i], count); }
  }
  if (with_bias && lane.m == 0u) {
    for (var j = 0u; j < count; j++) { bias[part * BIAS_LENGTH + channel + j] = sums.ones[j]; }
  }
}
