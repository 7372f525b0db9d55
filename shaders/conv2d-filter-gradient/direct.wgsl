// Convolution's gradient with respect to its filter and bias. Portable: no optional feature, default limits.
//   filter[s,kh,kw,c,k] = sum over n,oy,ox of x[n, oy S - pad + kh D, ox S - pad + kw D, c] dy[n,oy,ox,k]
//   bias[s,k]           = sum over n,oy,ox of dy[n,oy,ox,k]
// The sum over the image rows (n,oy) is cut into SPLITS parts s, each a partial result; their reader adds them in order.
// Layouts: x [R,N,H,W,C], dy [R,N,OH,OW,K] as views; filter [R,S,KH,KW,C/groups,K]; bias [R,S,K].
// Work: an invocation makes TAPS neighbouring taps of a filter row x BLOCK output channels; the bias is made by BLOCKS further
// invocations, which see an input of ones; z = (replica x splits + split) x groups + group.
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read_write> filter_: array<f32>;
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS + select(0u, BLOCKS, BIAS)) { return; }
  let group = workgroup.z % GROUPS;
  let part = workgroup.z / GROUPS;
  let replica = part / SPLITS;
  let split = part % SPLITS;
  let is_bias = item >= ITEMS;
  let channel0 = (item % BLOCKS) * BLOCK;
  let c = item / BLOCKS % IN_CHANNELS;
  let chunk = item / (BLOCKS * IN_CHANNELS);
  let kw0 = chunk % TAP_CHUNKS * TAPS;
  let kh = select(chunk / TAP_CHUNKS, 0u, is_bias);

  // Where there are many terms (LONG), sums go to totals every FOLD_TURNS pixels; totals (HUGE) to grand ones every HUGE_TURNS.
  var sum: array<array<f32, BLOCK>, TAPS>;
  var total: array<array<f32, BLOCK>, TAPS>;
  var grand: array<array<f32, BLOCK>, TAPS>;
  var turns = 0u;
  let end = min((split + 1u) * ROWS_PER_SPLIT, ROWS);
  for (var row = split * ROWS_PER_SPLIT; row < end; row++) {
    let iy = i32(row % OUT_HEIGHT * STRIDE_HEIGHT + kh * DILATION_HEIGHT) - i32(TOP);
    if (!is_bias && (iy < 0 || iy >= i32(IN_HEIGHT))) { continue; }
    let x_row = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + c + (row / OUT_HEIGHT * IN_HEIGHT + u32(max(iy, 0))) * IN_WIDTH * X_ROW;
    let dy_row = replica * DY_REPLICA + DY_OFFSET + group * OUT_CHANNELS + row * OUT_WIDTH * DY_ROW;
    for (var ox = 0u; ox < OUT_WIDTH; ox++) {
      if (LONG) {
        turns++;
        if (turns % FOLD_TURNS == 0u) {
          let full = HUGE && turns % HUGE_TURNS == 0u;
          for (var t = 0u; t < TAPS; t++) {
            for (var k = 0u; k < BLOCK; k++) {
              total[t][k] += sum[t][k];
              sum[t][k] = 0.0;
              if (full) {
                grand[t][k] += total[t][k];
                total[t][k] = 0.0;
              }
            }
          }
        }
      }
      var gradient: array<f32, BLOCK>;
      for (var k = 0u; k < BLOCK; k++) { gradient[k] = f32(dy[dy_row + ox * DY_ROW + min(channel0 + k, OUT_CHANNELS - 1u)]); }
      for (var t = 0u; t < TAPS; t++) {
        let ix = i32(ox * STRIDE_WIDTH + (kw0 + t) * DILATION_WIDTH) - i32(LEFT);
        let inside = ix >= 0 && ix < i32(IN_WIDTH) && !is_bias;
        var value = 1.0;
        if (!is_bias) { value = select(0.0, f32(x[x_row + u32(select(0, ix, inside)) * X_ROW]), inside); }
        for (var k = 0u; k < BLOCK; k++) { sum[t][k] = fma(value, gradient[k], sum[t][k]); }
      }
    }
  }

  if (HUGE) {
    for (var t = 0u; t < TAPS; t++) {
      for (var k = 0u; k < BLOCK; k++) { total[t][k] += grand[t][k]; }
    }
  }
  for (var k = 0u; k < BLOCK; k++) {
    if (channel0 + k < OUT_CHANNELS) {
      let channel = group * OUT_CHANNELS + channel0 + k;
      if (is_bias) {
        bias[(replica * SPLITS + split) * BIAS_LENGTH + channel] = sum[0][k] + total[0][k];
      } else {
        for (var t = 0u; t < TAPS; t++) {
          if (kw0 + t < WINDOW_WIDTH) {
            let tap = (kh * WINDOW_WIDTH + kw0 + t) * IN_CHANNELS + c;
            filter_[(replica * SPLITS + split) * FILTER_LENGTH + tap * (OUT_CHANNELS * GROUPS) + channel] = sum[t][k] + total[t][k];
          }
        }
      }
    }
  }
}
