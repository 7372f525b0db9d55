// Matrix product of the dense layer, all three ways, by blocks in workgroup memory: for GPUs. See direct.wgsl for what it computes and
// tile/product.wgsl for how. A factor that is contiguous along k (a) or along its columns (b) is read four at a time where sizes and
// strides are multiples of 4; else neighbouring lanes read neighbouring elements.
// Work: a workgroup makes a block; blocks run along n first, so that those which share rows of a run together; z = replica x splits + split.
//#import epilogue
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(6) var<storage, read_write> ones: array<f32>;

var<private> left_base: u32;
var<private> right_base: u32;

fn left_quad(m: u32, k: u32, end: u32) -> vec4f {
  let at = left_base + m * A_M + k * A_K;
  let inside = m < M && k < end;
  if (LEFT_VEC4) { return left_elements(at, inside); }
  let step = select(A_K, A_M, LEFT_COLUMNS);
  let count = select(0u, select(end - k, M - m, LEFT_COLUMNS), inside);
  var quad = vec4f(0.0);
  for (var j = 0u; j < bound(4u, m); j++) { quad[j] = left_element(at + j * step, j < count); }
  return quad;
}

fn right_quad(k: u32, n: u32, end: u32) -> vec4f {
  let at = right_base + k * B_K + n * B_N;
  let inside = k < end && n < N;
  if (RIGHT_VEC4) { return right_elements(at, inside); }
  let count = select(0u, N - n, inside);
  var quad = vec4f(0.0);
  for (var j = 0u; j < bound(4u, k); j++) { quad[j] = right_element(at + j * B_N, j < count); }
  return quad;
}

@compute @workgroup_size(THREADS)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let block = workgroup.y * GRID_X + workgroup.x;
  if (block >= BLOCKS) { return; }
  let replica = workgroup.z / SPLITS;
  let split = workgroup.z % SPLITS;
  left_base = replica * A_REPLICA + A_OFFSET;
  right_base = replica * B_REPLICA + B_OFFSET;
  let m0 = block / BLOCKS_N * BLOCK_M;
  let n0 = block % BLOCKS_N * BLOCK_N;
  let with_ones = ONES && m0 == 0u;
  let sums = product(local, m0, n0, split * K_PER_SPLIT, min((split + 1u) * K_PER_SPLIT, K), with_ones);

  let lane = lane_of(local);
  let n = n0 + lane.n * 4u;
  if (lane.slice > 0u || n >= N) { return; }
  let count = min(4u, N - n);
  var added = vec4f(0.0);
  if (BIAS) {
    for (var j = 0u; j < 4u; j++) { added[j] = bias[replica * BIAS_REPLICA + n + min(j, count - 1u)]; }
  }
  for (var i = 0u; i < bound(THREAD_M, local); i++) {
    let m = m0 + row_of(lane, i);
    if (m < M) {
      var value = sums.rows[i] + added;
      for (var j = 0u; j < bound(4u, local); j++) {
        let element = min(j, count - 1u);
        var kept = 0.0;
        if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + m * SAVED_ROW + SAVED_OFFSET + n + element]); }
        value[j] = epilogue(value[j], kept, replica, m * N + n + element);
      }
      store_result(workgroup.z * Y_REPLICA + m * Y_ROW + Y_OFFSET + n, value, count);
    }
  }
  if (with_ones && lane.m == 0u) {
    for (var j = 0u; j < count; j++) { ones[workgroup.z * ONES_LENGTH + n + j] = sums.ones[j]; }
  }
}
