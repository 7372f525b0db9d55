// Convolution, bias, maximum pooling and epilogue in one pass. Portable: no optional feature, default limits.
//   z[n,oy,ox,k] = bias[k] + sum over kh,kw,c of x[n, oy S - pad + kh D, ox S - pad + kw D, c] filter[kh,kw,c,k]
//   y[n,py,px,k] = epilogue(max of z over the window), and `argmax`, which pixel of the window won (the first in row-major order; NaN wins over numbers)
// Windows tile the convolution's output from its upper left corner; those at the lower and right border may be cut off.
// Layouts: x [R,N,H,W,C] and y [R,N,PH,PW,K] as views, filter [R,KH,KW,C,K], bias [R,K]; argmax [R, N PH PW, WORDS] with the
// pixel numbers of four channels in each word, from the lowest byte.
// Work: an invocation makes four neighbouring channels of one window; channels first; z = replica.
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;
@group(0) @binding(5) var<storage, read_write> argmax: array<u32>;

const PIXELS = POOL_HEIGHT * POOL_WIDTH;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let replica = workgroup.z;
  let channel0 = item % WORDS * 4u;
  let window = item / WORDS;
  let oy = window / POOLED_WIDTH % POOLED_HEIGHT * POOL_HEIGHT;
  let ox = window % POOLED_WIDTH * POOL_WIDTH;
  let image = replica * X_REPLICA + X_OFFSET + window / (POOLED_WIDTH * POOLED_HEIGHT) * (IN_HEIGHT * IN_WIDTH * X_ROW);

  // COMPACT (software drivers, which take seconds to compile long text): bounds that the driver does not know keep it from
  // unrolling all but the innermost loops.
  let window_height = select(0u, WINDOW_HEIGHT, !COMPACT || item < ITEMS);
  let window_width = select(0u, WINDOW_WIDTH, !COMPACT || item < ITEMS);
  let in_channels = select(0u, IN_CHANNELS, !COMPACT || item < ITEMS);
  // Where there are many terms (LONG), sums go to totals every FOLD_TURNS terms; totals (HUGE) to grand ones every HUGE_TURNS.
  var sum: array<vec4f, PIXELS>;
  var total: array<vec4f, PIXELS>;
  var grand: array<vec4f, PIXELS>;
  var turns = 0u;
  for (var kh = 0u; kh < window_height; kh++) {
    for (var kw = 0u; kw < window_width; kw++) {
      var at: array<u32, PIXELS>;
      var inside: array<bool, PIXELS>;
      for (var p = 0u; p < PIXELS; p++) {
        let iy = i32((oy + p / POOL_WIDTH) * STRIDE_HEIGHT + kh * DILATION_HEIGHT) - i32(TOP);
        let ix = i32((ox + p % POOL_WIDTH) * STRIDE_WIDTH + kw * DILATION_WIDTH) - i32(LEFT);
        inside[p] = iy >= 0 && iy < i32(IN_HEIGHT) && ix >= 0 && ix < i32(IN_WIDTH);
        at[p] = image + u32(select(0, iy * i32(IN_WIDTH) + ix, inside[p])) * X_ROW;
      }
      let tap = replica * FILTER_REPLICA + (kh * WINDOW_WIDTH + kw) * FILTER_TAP;
      for (var c = 0u; c < in_channels; c++) {
        if (LONG) {
          turns++;
          if (turns % FOLD_TURNS == 0u) {
            let full = HUGE && turns % HUGE_TURNS == 0u;
            for (var p = 0u; p < PIXELS; p++) {
              total[p] += sum[p];
              sum[p] = vec4f(0.0);
              if (full) {
                grand[p] += total[p];
                total[p] = vec4f(0.0);
              }
            }
          }
        }
        var weight: vec4f;
        for (var k = 0u; k < 4u; k++) { weight[k] = f32(filter_[tap + c * FILTER_IN + min(channel0 + k, OUT_CHANNELS - 1u)]); }
        for (var p = 0u; p < PIXELS; p++) {
          let value = select(0.0, f32(x[at[p] + c]), inside[p]);
          sum[p] = fma(vec4f(value), weight, sum[p]);
        }
      }
    }
  }

  if (LONG) {
    for (var p = 0u; p < PIXELS; p++) { sum[p] += total[p] + grand[p]; }
  }
  var best = sum[0];
  var winner = vec4u(0u);
  for (var p = 1u; p < PIXELS; p++) {
    let inside = oy + p / POOL_WIDTH < OUT_HEIGHT && ox + p % POOL_WIDTH < OUT_WIDTH;
    let better = vec4<bool>(inside) & ((sum[p] > best) | are_nan(sum[p]));
    best = select(best, sum[p], better);
    winner = select(winner, vec4u(p), better);
  }
  let channels = min(4u, OUT_CHANNELS - channel0);
  for (var k = 0u; k < channels; k++) {
    let channel = channel0 + k;
    var value = best[k];
    if (BIAS) { value += bias[replica * BIAS_REPLICA + channel]; }
    y[replica * Y_REPLICA + window * Y_ROW + Y_OFFSET + channel] = Activation(epilogue(value, 0.0, replica, window * OUT_CHANNELS + channel));
  }
  // Numbers of channels that do not exist are of no interest to anybody, but always the same.
  if (ARGMAX) { argmax[replica * ITEMS + item] = winner.x | (winner.y << 8u) | (winner.z << 16u) | (winner.w << 24u); }
}
