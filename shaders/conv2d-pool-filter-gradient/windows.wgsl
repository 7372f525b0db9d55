// The gradient of a convolution's filter and bias from that of its maximum-pooled output. A window's gradient reaches only the pixel
// that won it, so this is a sum over windows, not over pixels. Portable: no optional feature, default limits.
//   filter[s,kh,kw,c,k] = sum over n,py,px of x[n, oy S - pad + kh D, ox S - pad + kw D, c] dy[n,py,px,k], (oy,ox) = the winner of k
//   bias[s,k]           = sum over n,py,px of dy[n,py,px,k]
// dy is the gradient of what came before the activation.
// The sum over the windows (n,py,px) is cut into SPLITS parts s, each a partial result; their reader adds them in order.
// Layouts: x [R,N,H,W,C], dy [R,N,PH,PW,K] as views; argmax [R, N PH PW, WORDS] as conv2d-pool/direct.wgsl makes it;
// filter [R,S,KH,KW,C,K]; bias [R,S,K].
// Work: a workgroup makes TAP_ROWS rows of taps of one input and one output channel. An invocation sums every WORKGROUP-th window of
// the part; then the invocations' sums are added in their order. Workgroups run along output channels first, then input channels,
// then rows of taps; z = replica x splits + split. Those of the first inputs and taps also make the bias.
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read> argmax: array<u32>;
@group(0) @binding(3) var<storage, read_write> filter_: array<f32>;
@group(0) @binding(4) var<storage, read_write> bias: array<f32>;

const TAPS = TAP_ROWS * WINDOW_WIDTH;
var<workgroup> partial: array<f32, (TAPS + 1u) * WORKGROUP>;

// Adds a window to one row of taps; `image` is the offset of the image's first pixel.
fn add_row(t: u32, image: u32, iy: i32, ix0: i32, gradient: f32, sum: ptr<function, array<f32, TAPS>>) {
  let row_inside = iy >= 0 && iy < i32(IN_HEIGHT);
  for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
    let ix = ix0 + i32(kw * DILATION_WIDTH);
    let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
    let value = f32(x[image + u32(select(0, iy * i32(IN_WIDTH) + ix, inside)) * X_ROW]);
    sum[t * WINDOW_WIDTH + kw] = fma(select(0.0, value, inside), gradient, sum[t * WINDOW_WIDTH + kw]);
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z / SPLITS;
  let split = workgroup.z % SPLITS;
  let k = item % OUT_CHANNELS;
  let c = item / OUT_CHANNELS % IN_CHANNELS;
  let kh0 = item / (OUT_CHANNELS * IN_CHANNELS) * TAP_ROWS;

  // Where there are many terms (LONG), sums go to totals every FOLD_TURNS windows; totals (HUGE) to grand ones every HUGE_TURNS.
  var sum: array<f32, TAPS>;
  var totals: array<f32, TAPS>;
  var grand: array<f32, TAPS>;
  var bias_sum = 0.0;
  var bias_total = 0.0;
  var bias_grand = 0.0;
  var turns = 0u;
  let end = min((split + 1u) * WINDOWS_PER_SPLIT, TOTAL_WINDOWS);
  for (var window = split * WINDOWS_PER_SPLIT + local; window < end; window += WORKGROUP) {
    let gradient = f32(dy[replica * DY_REPLICA + window * DY_ROW + DY_OFFSET + k]);
    let winner = (argmax[(replica * TOTAL_WINDOWS + window) * WORDS + k / 4u] >> (k % 4u * 8u)) & 255u;
    let oy = window / POOLED_WIDTH % POOLED_HEIGHT * POOL_HEIGHT + winner / POOL_WIDTH;
    let ox = window % POOLED_WIDTH * POOL_WIDTH + winner % POOL_WIDTH;
    let image = replica * X_REPLICA + X_OFFSET + c + window / (POOLED_WIDTH * POOLED_HEIGHT) * (IN_HEIGHT * IN_WIDTH * X_ROW);
    let iy = i32(oy * STRIDE_HEIGHT + kh0 * DILATION_HEIGHT) - i32(TOP);
    let ix = i32(ox * STRIDE_WIDTH) - i32(LEFT);
    if (LONG) {
      turns++;
      if (turns % FOLD_TURNS == 0u) {
        for (var i = 0u; i < TAPS; i++) {
          totals[i] += sum[i];
          sum[i] = 0.0;
        }
        bias_total += bias_sum;
        bias_sum = 0.0;
      }
      if (HUGE && turns % HUGE_TURNS == 0u) {
        for (var i = 0u; i < TAPS; i++) {
          grand[i] += totals[i];
          totals[i] = 0.0;
        }
        bias_grand += bias_total;
        bias_total = 0.0;
      }
    }
    bias_sum += gradient;
    // Drivers unroll loops up to a size, which one over all rows would exceed.
    add_row(0u, image, iy, ix, gradient, &sum);
    if (TAP_ROWS > 1u) { add_row(1u, image, iy + i32(DILATION_HEIGHT), ix, gradient, &sum); }
    if (TAP_ROWS > 2u) { add_row(2u, image, iy + i32(2u * DILATION_HEIGHT), ix, gradient, &sum); }
    if (TAP_ROWS > 3u) { add_row(3u, image, iy + i32(3u * DILATION_HEIGHT), ix, gradient, &sum); }
    if (TAP_ROWS > 4u) { add_row(4u, image, iy + i32(4u * DILATION_HEIGHT), ix, gradient, &sum); }
  }

  for (var i = 0u; i < TAPS; i++) { partial[i * WORKGROUP + local] = sum[i] + totals[i] + grand[i]; }
  partial[TAPS * WORKGROUP + local] = bias_sum + bias_total + bias_grand;
  workgroupBarrier();
  for (var i = local; i <= TAPS; i += WORKGROUP) {
    var total = 0.0;
    for (var other = 0u; other < WORKGROUP; other++) { total += partial[i * WORKGROUP + other]; }
    let kh = kh0 + i / WINDOW_WIDTH;
    if (i == TAPS) {
      if (BIAS && c == 0u && kh0 == 0u) { bias[workgroup.z * BIAS_LENGTH + k] = total; }
    } else if (kh < WINDOW_HEIGHT) {
      let tap = (kh * WINDOW_WIDTH + i % WINDOW_WIDTH) * IN_CHANNELS + c;
      filter_[workgroup.z * FILTER_LENGTH + tap * OUT_CHANNELS + k] = total;
    }
  }
}
