// Convolution of stride 1 of few channels, forward and (TRANSPOSED) with respect to its input, where a subgroup is a vector register of the
// CPU. Formula, layouts and bindings are those of direct.wgsl; the transposed one is a forward one with a turned filter.
// Work: STRIP_LANES lanes, one a channel, walk down a strip of TILE columns through IMAGES images. A turn reads a row of the input once,
// shuffles spread its channels, and adds them to the WINDOW_HEIGHT rows of the output that see it, of which the first is then whole. A
// workgroup is one subgroup, of several strips where channels are few; z = replica. An image takes PERIOD turns: the first WINDOW_HEIGHT - 1
// complete no row. RAGGED: the last strip is narrower.
enable subgroups;
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

const SPAN = TILE + WINDOW_WIDTH - 1u;
const TAPS = WINDOW_HEIGHT * WINDOW_WIDTH;
const WEIGHTS = IN_CHANNELS * TAPS;

alias Sums = array<array<f32, TILE>, WINDOW_HEIGHT>;
alias Values = array<f32, SPAN>;
alias Weights = array<f32, WEIGHTS>;

// Adds A_CALL channels. Drivers unroll loops up to a size, which one over all channels would exceed.
fn accumulate(first: u32, lane0: u32, sum: ptr<function, Sums>, value: ptr<function, Values>, weight: ptr<function, Weights>) {
  for (var j = 0u; j < A_CALL; j++) {
    let c = first + j;
    if (c < IN_CHANNELS) {
      var spread: Values;
      for (var i = 0u; i < SPAN; i++) { spread[i] = subgroupShuffle(value[i], lane0 + c); }
      for (var r = 0u; r < WINDOW_HEIGHT; r++) {
        for (var p = 0u; p < TILE; p++) {
          var partial = sum[r][p];
          for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
            partial = fma(spread[p + kw], weight[c * TAPS + (WINDOW_HEIGHT - 1u - r) * WINDOW_WIDTH + kw], partial);
          }
          sum[r][p] = partial;
        }
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;
  let channel = lane % STRIP_LANES;
  let lane0 = lane - channel;
  let strip = item * (LANES / STRIP_LANES) + lane / STRIP_LANES;
  let beside = quotient(strip, divisor(TILES));
  let column0 = (strip - beside * TILES) * TILE;
  // Of columns and rows, before the turns, since drivers multiply anew in each; what is left of the image is counted modulo 2^32.
  let x_first = replica * X_REPLICA + X_OFFSET + min(channel, IN_CHANNELS - 1u);
  let x_left = (column0 - BEFORE_X) * X_ROW;
  let x_step = IN_WIDTH * X_ROW;
  let y_first = replica * Y_REPLICA + Y_OFFSET + channel + column0 * Y_ROW;
  let y_step = OUT_WIDTH * Y_ROW;
  let saved_first = replica * SAVED_REPLICA + SAVED_OFFSET + channel + column0 * SAVED_ROW;
  let saved_step = OUT_WIDTH * SAVED_ROW;
  // Bounds that the driver does not know keep it from unrolling.
  let turns = select(0u, IMAGES * PERIOD, item < WORKGROUPS);

  var weight: Weights;
  for (var w = 0u; w < select(0u, WEIGHTS, item < WORKGROUPS); w++) {
    let tap = select(w % TAPS, TAPS - 1u - w % TAPS, TRANSPOSED);
    let at = tap * FILTER_TAP + w / TAPS * FILTER_IN + min(channel, OUT_CHANNELS - 1u) * FILTER_OUT;
    weight[w] = f32(filter_[replica * FILTER_REPLICA + at]);
  }
  var start = 0.0;
  if (BIAS) { start = bias[replica * BIAS_REPLICA + min(channel, OUT_CHANNELS - 1u)]; }

  var sum = Sums();
  var next_image = beside * IMAGES;
  var next_t = 0u;
  for (var turn = 0u; turn < turns; turn++) {
    let exists = next_image < BATCH;
    let image = min(next_image, BATCH - 1u);
    let t = next_t;
    let ends = t + 1u == PERIOD;
    next_t = select(t + 1u, 0u, ends);
    next_image += select(0u, 1u, ends);
    let iy = i32(t) - i32(BEFORE_Y);
    let row_inside = iy >= 0 && iy < i32(IN_HEIGHT);
    let x_row = x_first + (image * IN_HEIGHT + u32(select(0, iy, row_inside))) * x_step;
    var x_at = x_row + x_left;
    var value: Values;
    for (var i = 0u; i < SPAN; i++) {
      let ix = i32(column0 + i) - i32(BEFORE_X);
      let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
      value[i] = select(0.0, f32(x[select(x_row, x_at, inside)]), inside);
      x_at += X_ROW;
    }
    for (var r = 0u; r + 1u < WINDOW_HEIGHT; r++) { sum[r] = sum[r + 1u]; }
    for (var p = 0u; p < TILE; p++) { sum[WINDOW_HEIGHT - 1u][p] = start; }
    accumulate(0u, lane0, &sum, &value, &weight);
    if (IN_CHANNELS > A_CALL) { accumulate(A_CALL, lane0, &sum, &value, &weight); }
    if (IN_CHANNELS > 2u * A_CALL) { accumulate(2u * A_CALL, lane0, &sum, &value, &weight); }
    if (IN_CHANNELS > 3u * A_CALL) { accumulate(3u * A_CALL, lane0, &sum, &value, &weight); }
    if (IN_CHANNELS > 4u * A_CALL) { accumulate(4u * A_CALL, lane0, &sum, &value, &weight); }
    if (IN_CHANNELS > 5u * A_CALL) { accumulate(5u * A_CALL, lane0, &sum, &value, &weight); }
    if (IN_CHANNELS > 6u * A_CALL) { accumulate(6u * A_CALL, lane0, &sum, &value, &weight); }
    if (IN_CHANNELS > 7u * A_CALL) { accumulate(7u * A_CALL, lane0, &sum, &value, &weight); }

    if (t + 1u >= WINDOW_HEIGHT && exists && channel < OUT_CHANNELS) {
      let row = image * OUT_HEIGHT + t + 1u - WINDOW_HEIGHT;
      let pixel0 = row * OUT_WIDTH + column0;
      let result = sum[0];
      // A bound that the driver does not know (COMPACT) keeps it from unrolling a long epilogue.
      let columns = select(0u, TILE, !COMPACT || item < WORKGROUPS);
      var y_at = y_first + row * y_step;
      var saved_at = saved_first + row * saved_step;
      for (var p = 0u; p < columns; p++) {
        if (!RAGGED || column0 + p < OUT_WIDTH) {
          var kept = 0.0;
          if (EPILOGUE_GRADIENT) { kept = f32(saved[saved_at]); }
          y[y_at] = Activation(epilogue(result[p], kept, replica, (pixel0 + p) * OUT_CHANNELS + channel));
        }
        y_at += Y_ROW;
        saved_at += SAVED_ROW;
      }
    }
  }
}
