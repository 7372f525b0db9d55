// Convolution of stride 1 of few channels, forward and (TRANSPOSED) with respect to its input, where a subgroup is a vector register of the
// CPU. Formula, layouts and bindings are those of direct.wgsl; the transposed one is a forward one with a turned filter.
// Work: STRIP_LANES lanes, one a channel, walk down a strip of TILE columns through IMAGES images. A turn reads a row of the input once,
// shuffles spread its channels, and adds them to the WINDOW_HEIGHT rows of the output that see it, of which the first is then whole. A
// workgroup is one subgroup, of several strips where channels are few; z = replica.
enable subgroups;
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

const SPAN = TILE + WINDOW_WIDTH - 1u;
const TAPS = WINDOW_HEIGHT * WINDOW_WIDTH;
const WEIGHTS = IN_CHANNELS * TAPS;
// Turns of an image: the first WINDOW_HEIGHT - 1 complete no row.
const PERIOD = OUT_HEIGHT + WINDOW_HEIGHT - 1u;
const IDLE_LANES = OUT_CHANNELS < STRIP_LANES;
const RAGGED = OUT_WIDTH % TILE != 0u;

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
  let column0 = strip % TILES * TILE;
  let first_image = strip / TILES * IMAGES;
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
  for (var turn = 0u; turn < turns; turn++) {
    let image = min(first_image + turn / PERIOD, BATCH - 1u);
    let t = turn % PERIOD;
    let iy = i32(t) - BEFORE_Y;
    let row_inside = iy >= 0 && iy < i32(IN_HEIGHT);
    let x_row = replica * X_REPLICA + X_OFFSET + min(channel, IN_CHANNELS - 1u) +
      (image * IN_HEIGHT + u32(select(0, iy, row_inside))) * (IN_WIDTH * X_ROW);
    var value: Values;
    for (var i = 0u; i < SPAN; i++) {
      let ix = i32(column0 + i) - BEFORE_X;
      let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
      value[i] = select(0.0, f32(x[x_row + u32(select(0, ix, inside)) * X_ROW]), inside);
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

    let exists = WHOLE || first_image + turn / PERIOD < BATCH;
    if (t + 1u >= WINDOW_HEIGHT && exists && (!IDLE_LANES || channel < OUT_CHANNELS)) {
      let pixel0 = (image * OUT_HEIGHT + t + 1u - WINDOW_HEIGHT) * OUT_WIDTH + column0;
      let result = sum[0];
      // A bound that the driver does not know (COMPACT) keeps it from unrolling a long epilogue.
      let columns = select(0u, TILE, !COMPACT || item < WORKGROUPS);
      for (var p = 0u; p < columns; p++) {
        if (!RAGGED || column0 + p < OUT_WIDTH) {
          let pixel = pixel0 + p;
          var kept = 0.0;
          if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET + channel]); }
          y[replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET + channel] =
            Activation(epilogue(result[p], kept, replica, pixel * OUT_CHANNELS + channel));
        }
      }
    }
  }
}
