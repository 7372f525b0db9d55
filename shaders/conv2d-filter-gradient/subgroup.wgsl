// Convolution's gradient with respect to its filter and bias, where a subgroup is a vector register of the CPU. Formula, layouts
// and bindings are those of direct.wgsl.
// Work: a lane is an output channel. A subgroup sums, in registers, SLICES (TAP_ROWS rows of taps x IN_BLOCK input channels) x the
// taps of a row x OUT_VECTORS vectors of output channels. A turn takes PIXELS neighbouring pixels of an output row: it loads
// their gradients, and the inputs that they see with a lane for each pixel and channel, which shuffles spread over the lanes.
// A workgroup is one subgroup; workgroups run along output blocks first, then input blocks, then rows of taps;
// WHOLE_VECTORS, WHOLE_ROWS: no block of output channels, no turn, reaches beyond the last.
// z = (replica x splits + split) x groups + group. The subgroups of the first inputs and taps also make the bias.
enable subgroups;
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read_write> filter_: array<f32>;
@group(0) @binding(3) var<storage, read_write> bias: array<f32>;

alias Sums = array<array<array<f32, OUT_VECTORS>, WINDOW_WIDTH>, SLICES>;
alias Values = array<array<f32, VALUE_VECTORS>, TAP_ROWS>;
alias Gradients = array<array<f32, OUT_VECTORS>, PIXELS>;

// Adds one turn to SLICES_A_CALL slices. Drivers unroll loops up to a size, which one over all slices would exceed.
fn accumulate(call: u32, sum: ptr<function, Sums>, value: ptr<function, Values>, gradient: ptr<function, Gradients>) {
  for (var j = 0u; j < SLICES_A_CALL; j++) {
    let slice = call * SLICES_A_CALL + j;
    if (slice < SLICES) {
      var spread: array<f32, SPAN>;
      for (var i = 0u; i < SPAN; i++) {
        let at = i * IN_BLOCK + slice % IN_BLOCK;
        spread[i] = subgroupShuffle(value[slice / IN_BLOCK][at / LANES], at % LANES);
      }
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
        for (var v = 0u; v < OUT_VECTORS; v++) {
          var partial = sum[slice][kw][v];
          for (var p = 0u; p < PIXELS; p++) { partial = fma(spread[p * STRIDE_WIDTH + kw * DILATION_WIDTH], gradient[p][v], partial); }
          sum[slice][kw][v] = partial;
        }
      }
    }
  }
}

// A part is SLICES_A_CALL slices.
const PARTS = (SLICES + SLICES_A_CALL - 1u) / SLICES_A_CALL;
//#import fold-parts

fn fold(call: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  for (var j = 0u; j < SLICES_A_CALL; j++) {
    let slice = call * SLICES_A_CALL + j;
    if (slice < SLICES) {
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
        for (var v = 0u; v < OUT_VECTORS; v++) {
          total[slice][kw][v] += sum[slice][kw][v];
          sum[slice][kw][v] = 0.0;
        }
      }
    }
  }
}

fn copy(call: u32, sum: ptr<function, Sums>, result: ptr<function, array<f32, SLICES * WINDOW_WIDTH * OUT_VECTORS>>) {
  for (var j = 0u; j < SLICES_A_CALL; j++) {
    let slice = call * SLICES_A_CALL + j;
    if (slice < SLICES) {
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
        for (var v = 0u; v < OUT_VECTORS; v++) { result[(slice * WINDOW_WIDTH + kw) * OUT_VECTORS + v] = sum[slice][kw][v]; }
      }
    }
  }
}

// Element i, along pixels and input channels, of the inputs that a turn sees in the row iy; `image` is the offset of channel c0.
// SHIFT vectors are new in each turn; where others stay from the turn before, the last vector must be whole.
fn input(image: u32, iy: i32, c0: u32, ox: u32, i: u32) -> f32 {
  let ix = i32(ox * STRIDE_WIDTH + i / IN_BLOCK) - i32(LEFT);
  let c = i % IN_BLOCK;
  let wanted = i < SPAN * IN_BLOCK || SHIFT < VALUE_VECTORS;
  let inside = wanted && iy >= 0 && iy < i32(IN_HEIGHT) && ix >= 0 && ix < i32(IN_WIDTH) && c0 + c < IN_CHANNELS;
  return select(0.0, f32(x[select(0u, image + u32(iy * i32(IN_WIDTH) + ix) * X_ROW + c, inside)]), inside);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let group = workgroup.z % GROUPS;
  let part = workgroup.z / GROUPS;
  let replica = quotient(part, divisor(SPLITS));
  let split = part - replica * SPLITS;
  let slices = quotient(item, divisor(OUT_BLOCKS));
  let tap_block = quotient(slices, divisor(IN_BLOCKS));
  let channel0 = (item - slices * OUT_BLOCKS) * (OUT_VECTORS * LANES);
  let c0 = (slices - tap_block * IN_BLOCKS) * IN_BLOCK;
  let kh0 = tap_block * TAP_ROWS;
  let makes_bias = BIAS && c0 == 0u && kh0 == 0u;
  let x_base = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + c0;
  let dy_base = replica * DY_REPLICA + DY_OFFSET + group * OUT_CHANNELS;

  var sum: Sums;
  var total = Sums();
  var grand = Sums();
  var bias_sum: array<f32, OUT_VECTORS>;
  var bias_total: array<f32, OUT_VECTORS>;
  var bias_grand: array<f32, OUT_VECTORS>;
  var turns = 0u;
  // Bounds that the driver does not know keep it from unrolling these loops, whose bodies are long.
  let width = select(0u, OUT_WIDTH, item < WORKGROUPS);
  let end = min((split + 1u) * ROWS_PER_SPLIT, ROWS);
  var next_image = quotient(split * ROWS_PER_SPLIT, divisor(OUT_HEIGHT));
  var next_oy = split * ROWS_PER_SPLIT - next_image * OUT_HEIGHT;
  for (var row = split * ROWS_PER_SPLIT; row < end; row++) {
    let image = x_base + next_image * (IN_HEIGHT * IN_WIDTH * X_ROW);
    let y0 = i32(next_oy * STRIDE_HEIGHT + kh0 * DILATION_HEIGHT) - i32(TOP);
    let ends = next_oy + 1u == OUT_HEIGHT;
    next_oy = select(next_oy + 1u, 0u, ends);
    next_image += select(0u, 1u, ends);
    if (y0 >= i32(IN_HEIGHT) || y0 + i32((TAP_ROWS - 1u) * DILATION_HEIGHT) < 0) {
      if (!makes_bias) { continue; }
    }
    // What the first turn shares with the one before it; later turns find it in place.
    var value: Values;
    for (var t = 0u; t < TAP_ROWS; t++) {
      let iy = y0 + i32(t * DILATION_HEIGHT);
      for (var v = SHIFT; v < VALUE_VECTORS; v++) { value[t][v] = input(image, iy, c0, 0u, (v - SHIFT) * LANES + lane); }
    }
    for (var ox = 0u; ox < width; ox += PIXELS) {
      if (LONG) {
        turns++;
        if (turns % FOLD_TURNS == 0u) {
          fold_all(&sum, &total);
          for (var v = 0u; v < OUT_VECTORS; v++) {
            bias_total[v] += bias_sum[v];
            bias_sum[v] = 0.0;
          }
        }
        if (HUGE && turns % HUGE_TURNS == 0u) {
          fold_all(&total, &grand);
          for (var v = 0u; v < OUT_VECTORS; v++) {
            bias_grand[v] += bias_total[v];
            bias_total[v] = 0.0;
          }
        }
      }
      var gradient: Gradients;
      for (var v = 0u; v < OUT_VECTORS; v++) {
        let k = channel0 + v * LANES + lane;
        if (WHOLE_VECTORS || k < OUT_CHANNELS) {
          for (var p = 0u; p < PIXELS; p++) {
            let pixel = row * OUT_WIDTH + min(ox + p, OUT_WIDTH - 1u);
            gradient[p][v] = select(0.0, f32(dy[dy_base + pixel * DY_ROW + k]), WHOLE_ROWS || ox + p < OUT_WIDTH);
          }
        }
      }
      if (BIAS) {
        for (var v = 0u; v < OUT_VECTORS; v++) {
          for (var p = 0u; p < PIXELS; p++) { bias_sum[v] += gradient[p][v]; }
        }
      }
      for (var t = 0u; t < TAP_ROWS; t++) {
        let iy = y0 + i32(t * DILATION_HEIGHT);
        for (var v = 0u; v < VALUE_VECTORS - SHIFT; v++) { value[t][v] = value[t][v + SHIFT]; }
        for (var v = VALUE_VECTORS - SHIFT; v < VALUE_VECTORS; v++) { value[t][v] = input(image, iy, c0, ox, v * LANES + lane); }
      }
      accumulate(0u, &sum, &value, &gradient);
      if (SLICES > SLICES_A_CALL) { accumulate(1u, &sum, &value, &gradient); }
      if (SLICES > 2u * SLICES_A_CALL) { accumulate(2u, &sum, &value, &gradient); }
      if (SLICES > 3u * SLICES_A_CALL) { accumulate(3u, &sum, &value, &gradient); }
      if (SLICES > 4u * SLICES_A_CALL) { accumulate(4u, &sum, &value, &gradient); }
      if (SLICES > 5u * SLICES_A_CALL) { accumulate(5u, &sum, &value, &gradient); }
      if (SLICES > 6u * SLICES_A_CALL) { accumulate(6u, &sum, &value, &gradient); }
      if (SLICES > 7u * SLICES_A_CALL) { accumulate(7u, &sum, &value, &gradient); }
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
  var result: array<f32, SLICES * WINDOW_WIDTH * OUT_VECTORS>;
  copy(0u, &sum, &result);
  if (SLICES > SLICES_A_CALL) { copy(1u, &sum, &result); }
  if (SLICES > 2u * SLICES_A_CALL) { copy(2u, &sum, &result); }
  if (SLICES > 3u * SLICES_A_CALL) { copy(3u, &sum, &result); }
  if (SLICES > 4u * SLICES_A_CALL) { copy(4u, &sum, &result); }
  if (SLICES > 5u * SLICES_A_CALL) { copy(5u, &sum, &result); }
  if (SLICES > 6u * SLICES_A_CALL) { copy(6u, &sum, &result); }
  if (SLICES > 7u * SLICES_A_CALL) { copy(7u, &sum, &result); }
  let results = select(0u, SLICES * WINDOW_WIDTH * OUT_VECTORS, item < WORKGROUPS);
  for (var i = 0u; i < results; i++) {
    let slice = i / (WINDOW_WIDTH * OUT_VECTORS);
    let kh = kh0 + slice / IN_BLOCK;
    let c = c0 + slice % IN_BLOCK;
    let k = channel0 + i % OUT_VECTORS * LANES + lane;
    if (kh < WINDOW_HEIGHT && c < IN_CHANNELS && k < OUT_CHANNELS) {
      let tap = (kh * WINDOW_WIDTH + i / OUT_VECTORS % WINDOW_WIDTH) * IN_CHANNELS + c;
      filter_[part * FILTER_LENGTH + tap * (OUT_CHANNELS * GROUPS) + group * OUT_CHANNELS + k] = result[i];
    }
  }
  if (makes_bias && item < WORKGROUPS) {
    for (var v = 0u; v < OUT_VECTORS; v++) {
      let k = channel0 + v * LANES + lane;
      if (k < OUT_CHANNELS) { bias[part * BIAS_LENGTH + group * OUT_CHANNELS + k] = bias_sum[v] + bias_total[v] + bias_grand[v]; }
    }
  }
}
