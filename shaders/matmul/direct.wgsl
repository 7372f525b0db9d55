// Matrix product of the dense layer, all three ways. Portable: no optional feature, default limits.
//   y[s,m,n] = epilogue(bias[n] + sum over k of a(m,k) b(k,n)), k in the part s of the sum
//   forward:         a = x [N,IN],       b = weights [IN,OUT]
//   input gradient:  a = dy [N,OUT],     b = weights, transposed
//   weight gradient: a = x, transposed,  b = dy; the sum over the batch is cut into SPLITS partial results, which their reader
//                    adds in order; ONES adds one row m = M where a is 1: the bias gradient, written to `ones`.
// a(m,k) = a[replica A_REPLICA + A_OFFSET + m A_M + k A_K], b(k,n) likewise.
// Work: an invocation makes BLOCK_M x BLOCK_N outputs; invocations run along n first; z = replica x splits + split.
//#import epilogue
@group(0) @binding(0) var<storage, read> a: array<FactorA>;
@group(0) @binding(1) var<storage, read> b: array<FactorB>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Result>;
@group(0) @binding(6) var<storage, read_write> ones: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z / SPLITS;
  let split = workgroup.z % SPLITS;
  let n0 = (item % BLOCKS_N) * BLOCK_N;
  let m0 = (item / BLOCKS_N) * BLOCK_M;

  var a_at: array<u32, BLOCK_M>;
  for (var i = 0u; i < BLOCK_M; i++) { a_at[i] = replica * A_REPLICA + A_OFFSET + min(m0 + i, M - 1u) * A_M; }
  var b_at: array<u32, BLOCK_N>;
  for (var j = 0u; j < BLOCK_N; j++) { b_at[j] = replica * B_REPLICA + B_OFFSET + min(n0 + j, N - 1u) * B_N; }

  // Where there are many terms (LONG), sums go to totals every FOLD_TURNS terms; totals (HUGE) to grand ones every HUGE_TURNS.
  var sum: array<array<f32, BLOCK_N>, BLOCK_M>;
  var total: array<array<f32, BLOCK_N>, BLOCK_M>;
  var grand: array<array<f32, BLOCK_N>, BLOCK_M>;
  let end = min((split + 1u) * K_PER_SPLIT, K);
  for (var k = split * K_PER_SPLIT; k < end; k++) {
    if (LONG && k % FOLD_TURNS == 0u) {
      let full = HUGE && k % HUGE_TURNS == 0u;
      for (var i = 0u; i < BLOCK_M; i++) {
        for (var j = 0u; j < BLOCK_N; j++) {
          total[i][j] += sum[i][j];
          sum[i][j] = 0.0;
          if (full) {
            grand[i][j] += total[i][j];
            total[i][j] = 0.0;
          }
        }
      }
    }
    var right: array<f32, BLOCK_N>;
    for (var j = 0u; j < BLOCK_N; j++) { right[j] = f32(b[b_at[j] + k * B_K]); }
    for (var i = 0u; i < BLOCK_M; i++) {
      var left = f32(a[a_at[i] + k * A_K]);
      if (ONES && m0 + i >= M) { left = 1.0; }
      for (var j = 0u; j < BLOCK_N; j++) { sum[i][j] = fma(left, right[j], sum[i][j]); }
    }
  }

  if (HUGE) {
    for (var i = 0u; i < BLOCK_M; i++) {
      for (var j = 0u; j < BLOCK_N; j++) { total[i][j] += grand[i][j]; }
    }
  }
  // A copy, so that the sums themselves are never indexed by a variable and stay in registers. COMPACT (software drivers): bounds
  // that the driver does not know keep it from unrolling, which takes seconds to compile.
  var result: array<f32, BLOCK_M * BLOCK_N>;
  for (var i = 0u; i < BLOCK_M; i++) {
    for (var j = 0u; j < BLOCK_N; j++) { result[i * BLOCK_N + j] = sum[i][j] + total[i][j]; }
  }
  let rows = select(BLOCK_M, min(BLOCK_M, M + 1u - m0), COMPACT);
  let columns = select(BLOCK_N, min(BLOCK_N, N - n0), COMPACT);
  for (var i = 0u; i < rows; i++) {
    let m = m0 + i;
    for (var j = 0u; j < columns; j++) {
      let n = n0 + j;
      if (n < N) {
        if (m < M) {
          var value = result[i * BLOCK_N + j];
          if (BIAS) { value += bias[replica * BIAS_REPLICA + n]; }
          var kept = 0.0;
          if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + m * SAVED_ROW + SAVED_OFFSET + n]); }
          y[workgroup.z * Y_REPLICA + m * Y_ROW + Y_OFFSET + n] = Result(epilogue(value, kept, replica, m * N + n));
        } else if (ONES && m == M) {
          ones[workgroup.z * ONES_LENGTH + n] = result[i * BLOCK_N + j];
        }
      }
    }
  }
}
