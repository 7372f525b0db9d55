// Convolution's gradient with respect to its filter and bias, for few channels in a group: depthwise, or the first layers of small
// networks. Formula, layouts and bindings are those of direct.wgsl. What adds up the lanes comes from combine-*.wgsl.
// Work: a lane has a unit (TAP_ROWS rows of taps x IN_BLOCK input channels x OUT_BLOCK output channels of a group), whose sums it
// keeps in registers, and a part of the pixels: tiles of TILE columns, down which it walks. A turn is one row of the output: it
// reads FRESH rows of the input, of which HELD are kept, and TILE gradients. A workgroup is UNIT_LANES units (along output
// channels first, then groups, input channels, rows of taps) x SECTIONS parts (TILE_LANES of the tiles x SECTIONS / TILE_LANES of
// the rows), whose sums it adds in the end, in an order that depends on these numbers alone. WHOLE_ROWS: no tile reaches beyond the last
// column. z = replica x splits + split.
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read_write> filter_: array<f32>;
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;

alias Held = array<array<array<f32, IN_BLOCK>, SPAN>, HELD>;
alias Gradients = array<array<f32, OUT_BLOCK>, TILE>;
alias Sums = array<array<array<array<f32, OUT_BLOCK>, IN_BLOCK>, WINDOW_WIDTH>, TAP_ROWS>;

// Adds one turn to one row of taps. Drivers unroll loops up to a size, which one over all rows would exceed.
fn accumulate(t: u32, sum: ptr<function, Sums>, held: ptr<function, Held>, gradient: ptr<function, Gradients>) {
  for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
    for (var c = 0u; c < IN_BLOCK; c++) {
      for (var k = 0u; k < OUT_BLOCK; k++) {
        var partial = sum[t][kw][c][k];
        for (var p = 0u; p < TILE; p++) {
          partial = fma(held[t * DILATION_HEIGHT][p * STRIDE_WIDTH + kw * DILATION_WIDTH][c], gradient[p][k], partial);
        }
        sum[t][kw][c][k] = partial;
      }
    }
  }
}

// A part is a row of taps.
const PARTS = TAP_ROWS;
//#import fold-parts

fn fold(t: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
    for (var c = 0u; c < IN_BLOCK; c++) {
      for (var k = 0u; k < OUT_BLOCK; k++) {
        total[t][kw][c][k] += sum[t][kw][c][k];
        sum[t][kw][c][k] = 0.0;
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let replica = quotient(workgroup.z, divisor(SPLITS));
  let split = workgroup.z - replica * SPLITS;
  let place = (workgroup.y * GRID_X + workgroup.x) * UNIT_LANES + lane % UNIT_LANES;
  let unit = min(place, UNITS - 1u);
  let section = lane / UNIT_LANES;
  let inputs = quotient(unit, divisor(OUT_BLOCKS));
  let in_block = quotient(inputs, divisor(GROUPS));
  let tap_block = quotient(in_block, divisor(IN_BLOCKS));
  let out0 = (unit - inputs * OUT_BLOCKS) * OUT_BLOCK;
  let group = inputs - in_block * GROUPS;
  let in0 = (in_block - tap_block * IN_BLOCKS) * IN_BLOCK;
  let kh0 = tap_block * TAP_ROWS;
  let x_base = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + in0;
  let dy_base = replica * DY_REPLICA + DY_OFFSET + group * OUT_CHANNELS + out0;

  var sum: Sums;
  var total = Sums();
  var grand = Sums();
  var bias_sum: array<f32, OUT_BLOCK>;
  var bias_total: array<f32, OUT_BLOCK>;
  var bias_grand: array<f32, OUT_BLOCK>;
  var turns = 0u;
  let split_end = min((split + 1u) * ROWS_PER_SPLIT, ROWS);
  let begin = split * ROWS_PER_SPLIT + section / TILE_LANES * ROWS_PER_SECTION;
  let end = select(begin, min(begin + ROWS_PER_SECTION, split_end), place < UNITS);
  for (var tile = section % TILE_LANES; tile < TILES; tile += TILE_LANES) {
    let left = i32(tile * (TILE * STRIDE_WIDTH)) - i32(LEFT);
    var held = Held();
    var image = quotient(begin, divisor(OUT_HEIGHT));
    // Below 0, and before `begin`, rows are only read, for later ones to find.
    var oy = i32(begin - image * OUT_HEIGHT) - WARM_UP;
    while (i32(image * OUT_HEIGHT) + oy < i32(end)) {
      if (LONG) {
        turns++;
        if (turns % FOLD_TURNS == 0u) {
          fold_all(&sum, &total);
          for (var k = 0u; k < OUT_BLOCK; k++) {
            bias_total[k] += bias_sum[k];
            bias_sum[k] = 0.0;
          }
        }
        if (HUGE && turns % HUGE_TURNS == 0u) {
          fold_all(&total, &grand);
          for (var k = 0u; k < OUT_BLOCK; k++) {
            bias_grand[k] += bias_total[k];
            bias_total[k] = 0.0;
          }
        }
      }
      let row = i32(image * OUT_HEIGHT) + oy;
      let counts = oy >= 0 && row >= i32(begin);
      for (var r = 0u; r + FRESH < HELD; r++) {
        for (var i = 0u; i < SPAN; i++) {
          for (var c = 0u; c < IN_BLOCK; c++) { held[r][i][c] = held[r + FRESH][i][c]; }
        }
      }
      for (var r = HELD - FRESH; r < HELD; r++) {
        let iy = oy * i32(STRIDE_HEIGHT) + i32(kh0 * DILATION_HEIGHT + r) - i32(TOP);
        for (var i = 0u; i < SPAN; i++) {
          let ix = left + i32(i);
          let inside = iy >= 0 && iy < i32(IN_HEIGHT) && ix >= 0 && ix < i32(IN_WIDTH);
          let at = x_base + u32(select(0, i32(image * IN_HEIGHT * IN_WIDTH) + iy * i32(IN_WIDTH) + ix, inside)) * X_ROW;
          for (var c = 0u; c < IN_BLOCK; c++) {
            held[r][i][c] = select(0.0, f32(x[at + min(c, IN_CHANNELS - 1u - in0)]), inside);
          }
        }
      }
      var gradient: Gradients;
      for (var p = 0u; p < TILE; p++) {
        let ox = tile * TILE + p;
        let inside = counts && (WHOLE_ROWS || ox < OUT_WIDTH);
        let at = dy_base + select(0u, u32(max(row, 0)) * OUT_WIDTH + ox, inside) * DY_ROW;
        for (var k = 0u; k < OUT_BLOCK; k++) {
          gradient[p][k] = select(0.0, f32(dy[at + min(k, OUT_CHANNELS - 1u - out0)]), inside);
          bias_sum[k] += gradient[p][k];
        }
      }
      accumulate(0u, &sum, &held, &gradient);
      if (TAP_ROWS > 1u) { accumulate(1u, &sum, &held, &gradient); }
      if (TAP_ROWS > 2u) { accumulate(2u, &sum, &held, &gradient); }
      if (TAP_ROWS > 3u) { accumulate(3u, &sum, &held, &gradient); }
      if (TAP_ROWS > 4u) { accumulate(4u, &sum, &held, &gradient); }
      if (TAP_ROWS > 5u) { accumulate(5u, &sum, &held, &gradient); }
      if (TAP_ROWS > 6u) { accumulate(6u, &sum, &held, &gradient); }
      if (TAP_ROWS > 7u) { accumulate(7u, &sum, &held, &gradient); }
      if (TAP_ROWS > 8u) { accumulate(8u, &sum, &held, &gradient); }
      oy++;
      if (oy == i32(OUT_HEIGHT)) {
        oy = -WARM_UP;
        image++;
      }
    }
  }

  if (LONG) {
    fold_all(&sum, &total);
    if (HUGE) {
      fold_all(&total, &grand);
      total = grand;
    }
    sum = total;
  }
  // A copy, so that the sums themselves are never indexed by a variable and stay in registers.
  var result: array<f32, FILTER_SUMS + OUT_BLOCK>;
  for (var t = 0u; t < TAP_ROWS; t++) {
    for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
      for (var i = 0u; i < IN_BLOCK * OUT_BLOCK; i++) {
        result[(t * WINDOW_WIDTH + kw) * (IN_BLOCK * OUT_BLOCK) + i] = sum[t][kw][i / OUT_BLOCK][i % OUT_BLOCK];
      }
    }
  }
  for (var k = 0u; k < OUT_BLOCK; k++) { result[FILTER_SUMS + k] = bias_sum[k] + bias_total[k] + bias_grand[k]; }
  // A bound that the driver does not know keeps it from unrolling this.
  let results = min(FILTER_SUMS + OUT_BLOCK, workgroup.z + FILTER_SUMS + OUT_BLOCK);
  for (var first = 0u; first < results; first += TOTALS) {
    var some: array<f32, TOTALS>;
    for (var j = 0u; j < TOTALS; j++) { some[j] = result[min(first + j, FILTER_SUMS + OUT_BLOCK - 1u)]; }
    let total = combine(some, lane);
    let i = first + section;
    let k = out0 + i % OUT_BLOCK;
    let c = in0 + i / OUT_BLOCK % IN_BLOCK;
    let tap = kh0 * WINDOW_WIDTH + i / (OUT_BLOCK * IN_BLOCK);
    if (section < TOTALS && place < UNITS && k < OUT_CHANNELS) {
      let channel = group * OUT_CHANNELS + k;
      if (i < FILTER_SUMS) {
        if (c < IN_CHANNELS && tap < WINDOW_HEIGHT * WINDOW_WIDTH) {
          filter_[workgroup.z * FILTER_LENGTH + (tap * IN_CHANNELS + c) * (OUT_CHANNELS * GROUPS) + channel] = total;
        }
      } else if (BIAS && i < FILTER_SUMS + OUT_BLOCK && in0 == 0u && kh0 == 0u) {
        bias[workgroup.z * BIAS_LENGTH + channel] = total;
      }
    }
  }
}
