// Depthwise convolution (a group is one channel of the layer's input and some of its output; or a layer that sees one channel),
// forward and TRANSPOSED. Formula, layouts and bindings are those of direct.wgsl. Portable: no optional feature, default limits.
// Work: an invocation has one group, BLOCK of its output channels, and their weights in registers. It walks down a strip of an
// image, TILE pixels wide: a turn reads FRESH rows of the input, of which HELD are kept, and makes TURN_OUT rows of the output.
// Turn t, tile i see the rows from t TURN_IN + FIRST_Y on and the columns from i TILE_IN + FIRST_X on. Invocations run along
// channels first, so that neighbours read neighbours, then along tiles, SECTIONS of TURNS turns, and images; z = replica.
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

alias Held = array<array<array<f32, IN_CHANNELS>, SPAN>, HELD>;
// Rows of taps, along output channels first, then input channels.
const WEIGHT_ROWS = WINDOW_HEIGHT * IN_CHANNELS * BLOCK;
alias Weights = array<array<f32, WINDOW_WIDTH>, WEIGHT_ROWS>;
alias Sums = array<array<array<f32, BLOCK>, TILE>, TURN_OUT>;

// Which of the rows (columns) at hand output `out` of a turn sees under a tap; -1 where the tap falls between them.
fn under(out: u32, tap: u32, stride: u32, dilation: u32, before: u32, first: i32) -> i32 {
  if (!TRANSPOSED) { return i32(out * stride + tap * dilation); }
  let at = i32(out + before) - i32(tap * dilation);
  let index = at / i32(stride);
  return select(-1, index - first, index * i32(stride) == at);
}

// Adds one row of taps. Drivers unroll loops up to a size, which one over all rows would exceed.
fn accumulate(kh: u32, held: ptr<function, Held>, weight: ptr<function, Weights>, sum: ptr<function, Sums>) {
  for (var row = 0u; row < TURN_OUT; row++) {
    let r = under(row, kh, STRIDE_HEIGHT, DILATION_HEIGHT, TOP, FIRST_Y);
    if (r >= 0) {
      for (var p = 0u; p < TILE; p++) {
        for (var k = 0u; k < BLOCK; k++) {
          var partial = sum[row][p][k];
          for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
            let i = under(p, kw, STRIDE_WIDTH, DILATION_WIDTH, LEFT, FIRST_X);
            if (i >= 0) {
              for (var c = 0u; c < IN_CHANNELS; c++) { partial = fma(held[r][i][c], weight[(kh * IN_CHANNELS + c) * BLOCK + k][kw], partial); }
            }
          }
          sum[row][p][k] = partial;
        }
      }
    }
  }
}

// Channel 0 of pixel (iy, ix) of an image that begins at `image` is at the offset that this tells, or nowhere: -1.
fn pixel_offset(image: u32, iy: i32, ix: i32) -> i32 {
  let inside = BORDERLESS || (iy >= 0 && iy < i32(IN_HEIGHT) && ix >= 0 && ix < i32(IN_WIDTH));
  return select(-1, i32(image + u32(iy * i32(IN_WIDTH) + ix) * X_ROW), inside);
}

// Pushes the rows up and reads those that a turn sees for the first time.
fn load_rows(turn: i32, image: u32, left: i32, held: ptr<function, Held>) {
  for (var r = 0u; r + FRESH < HELD; r++) {
    for (var i = 0u; i < SPAN; i++) {
      for (var c = 0u; c < IN_CHANNELS; c++) { held[r][i][c] = held[r + FRESH][i][c]; }
    }
  }
  for (var r = HELD - FRESH; r < HELD; r++) {
    for (var i = 0u; i < SPAN; i++) {
      let at = pixel_offset(image, turn * i32(TURN_IN) + i32(r) + FIRST_Y, left + i32(i));
      for (var c = 0u; c < IN_CHANNELS; c++) { held[r][i][c] = select(0.0, f32(x[u32(max(at, 0)) + c]), at >= 0); }
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (IDLE && item >= ITEMS) { return; }
  let replica = workgroup.z;
  let group = item % UNITS / BLOCKS;
  let channel0 = item % UNITS % BLOCKS * BLOCK;
  let strip = item / UNITS;
  let column0 = strip % TILES * TILE;
  let left = i32(strip % TILES * TILE_IN) + FIRST_X;
  let first_turn = strip / TILES % SECTIONS * TURNS;
  let image = strip / (TILES * SECTIONS);
  let x_image = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + image * (IN_HEIGHT * IN_WIDTH * X_ROW);

  // Row by row, each pushing the others up: so the text has one row's loads, under a bound that the driver does not know.
  var weight: Weights;
  for (var row = 0u; row < select(0u, WEIGHT_ROWS, item < ITEMS); row++) {
    for (var r = 0u; r + 1u < WEIGHT_ROWS; r++) {
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { weight[r][kw] = weight[r + 1u][kw]; }
    }
    let c = row / BLOCK % IN_CHANNELS;
    let k = min(channel0 + row % BLOCK, OUT_CHANNELS - 1u);
    let at = replica * FILTER_REPLICA + group * FILTER_GROUP + c * FILTER_IN + k * FILTER_OUT;
    for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
      weight[WEIGHT_ROWS - 1u][kw] = f32(filter_[at + (row / (BLOCK * IN_CHANNELS) * WINDOW_WIDTH + kw) * FILTER_TAP]);
    }
  }
  var start: array<f32, BLOCK>;
  if (BIAS) {
    for (var k = 0u; k < select(0u, BLOCK, item < ITEMS); k++) {
      for (var r = 0u; r + 1u < BLOCK; r++) { start[r] = start[r + 1u]; }
      start[BLOCK - 1u] = bias[replica * BIAS_REPLICA + group * OUT_CHANNELS + min(channel0 + k, OUT_CHANNELS - 1u)];
    }
  }

  // What the first turn expects to be there, in as little text.
  var held: Held;
  for (var turn = i32(first_turn) - WARM_UP; turn < i32(first_turn); turn++) { load_rows(turn, x_image, left, &held); }
  for (var turn = first_turn; turn < min(first_turn + TURNS, ALL_TURNS); turn++) {
    load_rows(i32(turn), x_image, left, &held);
    // Written out: a variable without a value keeps that of the turn before (Dawn on Mesa 25.0.7).
    var sum = Sums();
    accumulate(0u, &held, &weight, &sum);
    if (WINDOW_HEIGHT > 1u) { accumulate(1u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 2u) { accumulate(2u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 3u) { accumulate(3u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 4u) { accumulate(4u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 5u) { accumulate(5u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 6u) { accumulate(6u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 7u) { accumulate(7u, &held, &weight, &sum); }
    if (WINDOW_HEIGHT > 8u) { accumulate(8u, &held, &weight, &sum); }

    var result: array<f32, RESULTS>;
    for (var i = 0u; i < RESULTS; i++) { result[i] = sum[i / (TILE * BLOCK)][i / BLOCK % TILE][i % BLOCK] + start[i % BLOCK]; }
    // A bound that the driver does not know (COMPACT) keeps it from unrolling a long epilogue.
    let results = select(0u, RESULTS, !COMPACT || item < ITEMS);
    for (var i = 0u; i < results; i++) {
      let oy = turn * TURN_OUT + i / (TILE * BLOCK);
      let ox = column0 + i / BLOCK % TILE;
      let k = channel0 + i % BLOCK;
      // What is never false costs a mask.
      if ((OUT_HEIGHT % TURN_OUT == 0u || oy < OUT_HEIGHT) && (OUT_WIDTH % TILE == 0u || ox < OUT_WIDTH) && (OUT_CHANNELS % BLOCK == 0u || k < OUT_CHANNELS)) {
        let channel = group * OUT_CHANNELS + k;
        let pixel = (image * OUT_HEIGHT + oy) * OUT_WIDTH + ox;
        var kept = 0.0;
        if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET + channel]); }
        y[replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET + channel] =
          Activation(epilogue(result[i], kept, replica, pixel * (OUT_CHANNELS * GROUPS) + channel));
      }
    }
  }
}
