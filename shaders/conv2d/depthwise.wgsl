// Depthwise convolution (a group is one channel of the layer's input and some of its output; or a layer that sees one channel),
// forward and TRANSPOSED. Formula, layouts and bindings are those of direct.wgsl. Portable: no optional feature, default limits.
// Work: an invocation has one group, BLOCK of its output channels, and their weights in registers. It walks down a strip of an
// image, TILE pixels wide: a turn reads FRESH rows of the input, of which HELD are kept, and makes TURN_OUT rows of the output.
// Turn t, tile i see the rows from t TURN_IN + FIRST_Y on and the columns from i TILE_IN + FIRST_X on. Invocations run along
// channels first, so that neighbours read neighbours, then along tiles, SECTIONS of TURNS turns, and images; z = replica.
// WHOLE_TURNS, WHOLE_TILES, WHOLE_BLOCKS: none reaches beyond the output.
//#import epilogue
//#import quotient
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

// Pushes the rows up and reads those that a turn sees for the first time.
fn load_rows(turn: i32, image: u32, left: i32, held: ptr<function, Held>) {
  for (var r = 0u; r + FRESH < HELD; r++) {
    for (var i = 0u; i < SPAN; i++) {
      for (var c = 0u; c < IN_CHANNELS; c++) { held[r][i][c] = held[r + FRESH][i][c]; }
    }
  }
  for (var r = HELD - FRESH; r < HELD; r++) {
    let iy = turn * i32(TURN_IN) + i32(r) + FIRST_Y;
    // Of channel 0; of what is left of the image, or above it, modulo 2^32.
    var at = image + (u32(iy) * IN_WIDTH + u32(left)) * X_ROW;
    for (var i = 0u; i < SPAN; i++) {
      let ix = left + i32(i);
      let inside = BORDERLESS || (iy >= 0 && iy < i32(IN_HEIGHT) && ix >= 0 && ix < i32(IN_WIDTH));
      let seen = select(image, at, inside);
      for (var c = 0u; c < IN_CHANNELS; c++) { held[r][i][c] = select(0.0, f32(x[seen + c]), inside); }
      at += X_ROW;
    }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (IDLE && item >= ITEMS) { return; }
  let replica = workgroup.z;
  let strip = quotient(item, divisor(UNITS));
  let unit = item - strip * UNITS;
  let group = quotient(unit, divisor(BLOCKS));
  let channel0 = (unit - group * BLOCKS) * BLOCK;
  let section = quotient(strip, divisor(TILES));
  let tile = strip - section * TILES;
  let column0 = tile * TILE;
  let left = i32(tile * TILE_IN) + FIRST_X;
  let image = quotient(section, divisor(SECTIONS));
  let first_turn = (section - image * SECTIONS) * TURNS;
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
    var y_at = 0u;
    var saved_at = 0u;
    for (var i = 0u; i < results; i++) {
      let oy = turn * TURN_OUT + i / (TILE * BLOCK);
      let ox = column0 + i / BLOCK % TILE;
      let k = channel0 + i % BLOCK;
      // Where the pixel begins: drivers add where they would have to multiply.
      if (i % (TILE * BLOCK) == 0u) {
        let first_pixel = (image * OUT_HEIGHT + oy) * OUT_WIDTH + column0;
        y_at = replica * Y_REPLICA + Y_OFFSET + first_pixel * Y_ROW;
        saved_at = replica * SAVED_REPLICA + SAVED_OFFSET + first_pixel * SAVED_ROW;
      } else if (i % BLOCK == 0u) {
        y_at += Y_ROW;
        saved_at += SAVED_ROW;
      }
      // What is never false costs a mask.
      if ((WHOLE_TURNS || oy < OUT_HEIGHT) && (WHOLE_TILES || ox < OUT_WIDTH) && (WHOLE_BLOCKS || k < OUT_CHANNELS)) {
        let channel = group * OUT_CHANNELS + k;
        let pixel = (image * OUT_HEIGHT + oy) * OUT_WIDTH + ox;
        var kept = 0.0;
        if (EPILOGUE_GRADIENT) { kept = f32(saved[saved_at + channel]); }
        y[y_at + channel] = Activation(epilogue(result[i], kept, replica, pixel * (OUT_CHANNELS * GROUPS) + channel));
      }
    }
  }
}
