// Convolution, forward and (TRANSPOSED) with respect to its input. Portable: no optional feature, default limits.
//   forward:    y[n,oy,ox,k] = epilogue(bias[k] + sum over kh,kw,c of x[n, oy S - pad + kh D, ox S - pad + kw D, c] filter[kh,kw,c,k])
//   transposed: y[n,oy,ox,c] = epilogue(sum over kh,kw,k of x[n, (oy + pad - kh D) / S, (ox + pad - kw D) / S, k] filter[kh,kw,c,k]),
//               over the taps where the division has no remainder; x is the output's gradient, y the input's.
// Layouts: x [R,N,H,W,C] and y, saved [R,N,OH,OW,K] as views (row stride, channel offset), filter [R,KH,KW,C/groups,K], bias [R,K].
// Work: an invocation makes TILE neighbouring pixels of a row x BLOCK channels; invocations run along channel blocks first,
// then along tiles; z = replica x groups + group.
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

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

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z / GROUPS;
  let group = workgroup.z % GROUPS;
  let channel0 = (item % BLOCKS) * BLOCK;
  let tile = item / BLOCKS;
  let column0 = (tile % TILES) * TILE;
  let row = tile / TILES;
  let oy = row % OUT_HEIGHT;
  let image = row / OUT_HEIGHT;

  // COMPACT (software drivers, which take seconds to compile long text): bounds that the driver does not know keep it from
  // unrolling all but the innermost loops.
  let window_height = select(0u, WINDOW_HEIGHT, !COMPACT || item < ITEMS);
  let window_width = select(0u, WINDOW_WIDTH, !COMPACT || item < ITEMS);
  let in_channels = select(0u, IN_CHANNELS, !COMPACT || item < ITEMS);
  // Where there are many terms (LONG), sums go to totals every FOLD_TURNS terms; totals (HUGE) to grand ones every HUGE_TURNS.
  var sum: array<array<f32, BLOCK>, TILE>;
  var total: array<array<f32, BLOCK>, TILE>;
  var grand: array<array<f32, BLOCK>, TILE>;
  var turns = 0u;
  for (var kh = 0u; kh < window_height; kh++) {
    let iy = source(oy, kh, STRIDE_HEIGHT, DILATION_HEIGHT, TOP, IN_HEIGHT);
    if (iy < 0) { continue; }
    let x_row = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + (image * IN_HEIGHT + u32(iy)) * IN_WIDTH * X_ROW;
    for (var kw = 0u; kw < window_width; kw++) {
      var at: array<u32, TILE>;
      var inside: array<bool, TILE>;
      for (var p = 0u; p < TILE; p++) {
        let ix = source(column0 + p, kw, STRIDE_WIDTH, DILATION_WIDTH, LEFT, IN_WIDTH);
        inside[p] = ix >= 0;
        at[p] = x_row + u32(max(ix, 0)) * X_ROW;
      }
      let tap = replica * FILTER_REPLICA + (kh * WINDOW_WIDTH + kw) * FILTER_TAP + group * FILTER_GROUP;
      for (var c = 0u; c < in_channels; c++) {
        if (LONG) {
          turns++;
          if (turns % FOLD_TURNS == 0u) {
            let full = HUGE && turns % HUGE_TURNS == 0u;
            for (var p = 0u; p < TILE; p++) {
              for (var k = 0u; k < BLOCK; k++) {
                total[p][k] += sum[p][k];
                sum[p][k] = 0.0;
                if (full) {
                  grand[p][k] += total[p][k];
                  total[p][k] = 0.0;
                }
              }
            }
          }
        }
        var weight: array<f32, BLOCK>;
        for (var k = 0u; k < BLOCK; k++) {
          weight[k] = f32(filter_[tap + c * FILTER_IN + min(channel0 + k, OUT_CHANNELS - 1u) * FILTER_OUT]);
        }
        for (var p = 0u; p < TILE; p++) {
          let value = select(0.0, f32(x[at[p] + c]), inside[p]);
          for (var k = 0u; k < BLOCK; k++) { sum[p][k] = fma(value, weight[k], sum[p][k]); }
        }
      }
    }
  }

  if (LONG) {
    for (var p = 0u; p < TILE; p++) {
      for (var k = 0u; k < BLOCK; k++) { sum[p][k] += total[p][k] + grand[p][k]; }
    }
  }
  // A copy, so that the sums themselves are never indexed by a variable and stay in registers.
  var result: array<f32, TILE * BLOCK>;
  for (var p = 0u; p < TILE; p++) {
    for (var k = 0u; k < BLOCK; k++) { result[p * BLOCK + k] = sum[p][k]; }
  }
  let pixels = select(TILE, min(TILE, OUT_WIDTH - column0), COMPACT);
  let channels = select(BLOCK, min(BLOCK, OUT_CHANNELS - channel0), COMPACT);
  for (var p = 0u; p < pixels; p++) {
    let ox = column0 + p;
    if (ox >= OUT_WIDTH) { break; }
    let pixel = row * OUT_WIDTH + ox;
    for (var k = 0u; k < channels; k++) {
      if (channel0 + k < OUT_CHANNELS) {
        let channel = group * OUT_CHANNELS + channel0 + k;
        var value = result[p * BLOCK + k];
        if (BIAS) { value += bias[replica * BIAS_REPLICA + channel]; }
        var kept = 0.0;
        if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET + channel]); }
        let stored = epilogue(value, kept, replica, pixel * (OUT_CHANNELS * GROUPS) + channel);
        y[replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET + channel] = Activation(stored);
      }
    }
  }
}
