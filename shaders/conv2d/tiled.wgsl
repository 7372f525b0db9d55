// Convolution, forward and (TRANSPOSED) with respect to its input, as an implicit matrix product by blocks in workgroup memory: for
// GPUs. See direct.wgsl for what it computes and tile/product.wgsl for how.
//   left(m,k): x under tap and channel k of output pixel m; right(k,n): filter; k counts channels first, then taps, so that few
//   channels waste no lanes. Nothing is unfolded in memory: a quad of left is four channels of a pixel where channels and strides
//   are multiples of 4, else four elements by themselves. The pixel of a load stays the same from turn to turn.
// Work: a workgroup makes a block of pixels x channels of a group; blocks run along channels first; z = replica x groups + group.
//#import epilogue
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;

const OUT_PIXELS = OUT_HEIGHT * OUT_WIDTH;
const K = WINDOW_HEIGHT * WINDOW_WIDTH * IN_CHANNELS;

var<private> left_base: u32;
var<private> right_base: u32;

// The input coordinate under a tap, or -1 where there is none.
fn source(output: u32, tap: u32, stride: u32, dilation: u32, before: u32, size: u32) -> i32 {
  if (!TRANSPOSED) {
    let at = i32(output * stride + tap * dilation) - i32(before);
    return select(-1, at, at >= 0 && at < i32(size));
  }
  let at = i32(output + before) - i32(tap * dilation);
  let index = at / i32(stride);
  return select(-1, index, at >= 0 && index * i32(stride) == at && index < i32(size));
}

struct Place { at: u32, inside: bool }

// Where the input under term k of a pixel lies.
fn place(m: u32, k: u32) -> Place {
  let pixel = m % OUT_PIXELS;
  let tap = k / IN_CHANNELS;
  let iy = source(pixel / OUT_WIDTH, tap / WINDOW_WIDTH, STRIDE_HEIGHT, DILATION_HEIGHT, TOP, IN_HEIGHT);
  let ix = source(pixel % OUT_WIDTH, tap % WINDOW_WIDTH, STRIDE_WIDTH, DILATION_WIDTH, LEFT, IN_WIDTH);
  let inside = m < PIXELS && k < K && iy >= 0 && ix >= 0;
  let row = (m / OUT_PIXELS * IN_HEIGHT + u32(max(iy, 0))) * IN_WIDTH + u32(max(ix, 0));
  return Place(left_base + row * X_ROW + k % IN_CHANNELS, inside);
}

fn left_quad(m: u32, k: u32, end: u32) -> vec4f {
  if (LEFT_VEC4) {
    let found = place(m, k);
    return left_elements(found.at, found.inside);
  }
  var quad = vec4f(0.0);
  for (var j = 0u; j < bound(4u, m); j++) {
    let found = place(m, k + j);
    quad[j] = left_element(found.at, found.inside);
  }
  return quad;
}

fn right_quad(k: u32, n: u32, end: u32) -> vec4f {
  let at = right_base + k / IN_CHANNELS * FILTER_TAP + k % IN_CHANNELS * FILTER_IN + n * FILTER_OUT;
  let inside = k < K && n < OUT_CHANNELS;
  if (RIGHT_VEC4) { return right_elements(at, inside); }
  let count = select(0u, OUT_CHANNELS - n, inside);
  var quad = vec4f(0.0);
  for (var j = 0u; j < bound(4u, k); j++) { quad[j] = right_element(at + j * FILTER_OUT, j < count); }
  return quad;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = workgroup.y * GRID_X + workgroup.x;
  if (block >= BLOCKS) { return; }
  let replica = workgroup.z / GROUPS;
  let group = workgroup.z % GROUPS;
  left_base = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS;
  right_base = replica * FILTER_REPLICA + group * FILTER_GROUP;
  let m0 = block / BLOCKS_N * BLOCK_M;
  let n0 = block % BLOCKS_N * BLOCK_N;
  let sums = product(local, m0, n0, 0u, K, false);

  let lane = lane_of(local);
  let n = n0 + lane.n * 4u;
  if (lane.slice > 0u || n >= OUT_CHANNELS) { return; }
  let count = min(4u, OUT_CHANNELS - n);
  let channel = group * OUT_CHANNELS + n;
  var added = vec4f(0.0);
  if (BIAS) {
    for (var j = 0u; j < 4u; j++) { added[j] = bias[replica * BIAS_REPLICA + channel + min(j, count - 1u)]; }
  }
  for (var i = 0u; i < bound(THREAD_M, local); i++) {
    let m = m0 + row_of(lane, i);
    if (m < PIXELS) {
      var value = sums.rows[i] + added;
      for (var j = 0u; j < bound(4u, local); j++) {
        let element = min(j, count - 1u);
        var kept = 0.0;
        if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + m * SAVED_ROW + SAVED_OFFSET + channel + element]); }
        value[j] = epilogue(value[j], kept, replica, m * (OUT_CHANNELS * GROUPS) + channel + element);
      }
      store_result(replica * Y_REPLICA + m * Y_ROW + Y_OFFSET + channel, value, count);
    }
  }
}
