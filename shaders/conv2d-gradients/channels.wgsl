// All gradients of a convolution of stride 1 of few channels in one pass, where a subgroup is a vector register of the CPU. Formulas and
// layouts are those of conv2d/direct.wgsl (TRANSPOSED) and conv2d-filter-gradient/direct.wgsl.
// Work: STRIP_LANES lanes, one a channel, walk down a strip of TILE columns of the input through IMAGES images. A turn reads a row of dy and
// one of x; shuffles spread the channels of dy, which each lane adds to the WINDOW_HEIGHT rows of dx that see it, of which the first is then
// whole, and, times the x of these rows, to the sums of its channel's filter. A workgroup is one subgroup, of several strips where channels
// are few, and makes one part of the sums over the batch; z = replica. An image takes PERIOD turns: the first
// WINDOW_HEIGHT - 1 complete no row. RAGGED: the last strip is narrower.
enable subgroups;
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> dy: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> x: array<Activation>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> dx: array<Activation>;
@group(0) @binding(6) var<storage, read_write> filter_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>;

const SPAN = TILE + WINDOW_WIDTH - 1u;
const TAPS = WINDOW_HEIGHT * WINDOW_WIDTH;
const WEIGHTS = OUTPUTS * TAPS;

// Rows of dx or x that a row of dy sees: row r through tap row r.
alias Rows = array<array<f32, TILE>, WINDOW_HEIGHT>;
alias Values = array<f32, SPAN>;
alias Weights = array<f32, WEIGHTS>;

// Adds A_CALL channels of dy. Drivers unroll loops up to a size, which one over all channels would exceed.
fn accumulate(
  first: u32,
  lane0: u32,
  value: ptr<function, Values>,
  weight: ptr<function, Weights>,
  row: ptr<function, Rows>,
  sum: ptr<function, Rows>,
  filter_sum: ptr<function, Weights>,
) {
  for (var j = 0u; j < A_CALL; j++) {
    let k = first + j;
    if (k < OUTPUTS) {
      var spread: Values;
      for (var i = 0u; i < SPAN; i++) { spread[i] = subgroupShuffle(value[i], lane0 + k); }
      for (var r = 0u; r < WINDOW_HEIGHT; r++) {
        for (var p = 0u; p < TILE; p++) {
          var partial = sum[r][p];
          for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
            partial = fma(spread[p + WINDOW_WIDTH - 1u - kw], weight[k * TAPS + r * WINDOW_WIDTH + kw], partial);
          }
          sum[r][p] = partial;
        }
        for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
          var partial = filter_sum[k * TAPS + r * WINDOW_WIDTH + kw];
          for (var p = 0u; p < TILE; p++) { partial = fma(spread[p + WINDOW_WIDTH - 1u - kw], row[r][p], partial); }
          filter_sum[k * TAPS + r * WINDOW_WIDTH + kw] = partial;
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
  let dy_first = replica * DY_REPLICA + DY_OFFSET + min(channel, OUTPUTS - 1u);
  let dy_left = (column0 - u32(BEFORE_X)) * DY_ROW;
  let dy_step = OUT_WIDTH * DY_ROW;
  let x_first = replica * X_REPLICA + X_OFFSET + min(channel, INPUTS - 1u);
  let x_left = column0 * X_ROW;
  let x_step = IN_WIDTH * X_ROW;
  let dx_first = replica * DX_REPLICA + DX_OFFSET + channel + column0 * DX_ROW;
  let dx_step = IN_WIDTH * DX_ROW;
  let saved_first = replica * SAVED_REPLICA + SAVED_OFFSET + channel + column0 * SAVED_ROW;
  let saved_step = IN_WIDTH * SAVED_ROW;
  // Bounds that the driver does not know keep it from unrolling.
  let turns = select(0u, IMAGES * PERIOD, item < PARTS);
  let weights = select(0u, WEIGHTS, item < PARTS);
  let filter_at = min(channel, INPUTS - 1u) * OUTPUTS;

  var weight: Weights;
  for (var w = 0u; w < weights; w++) {
    weight[w] = f32(filter_[replica * FILTER_REPLICA + w % TAPS * (INPUTS * OUTPUTS) + filter_at + w / TAPS]);
  }

  var sum = Rows();
  var held = Rows();
  var filter_sum = Weights();
  var bias_sum = 0.0;
  var next_image = beside * IMAGES;
  var next_t = 0u;
  for (var turn = 0u; turn < turns; turn++) {
    let exists = next_image < BATCH;
    let image = min(next_image, BATCH - 1u);
    let t = next_t;
    let ends = t + 1u == PERIOD;
    next_t = select(t + 1u, 0u, ends);
    next_image += select(0u, 1u, ends);
    let oy = i32(t) - BEFORE_Y;
    let row_inside = exists && oy >= 0 && oy < i32(OUT_HEIGHT);
    let dy_row = dy_first + (image * OUT_HEIGHT + u32(select(0, oy, row_inside))) * dy_step;
    var dy_at = dy_row + dy_left;
    var value: Values;
    for (var i = 0u; i < SPAN; i++) {
      let ox = i32(column0 + i) - BEFORE_X;
      let inside = row_inside && ox >= 0 && ox < i32(OUT_WIDTH);
      value[i] = select(0.0, f32(dy[select(dy_row, dy_at, inside)]), inside);
      dy_at += DY_ROW;
    }
    // Each pixel of dy is the own one of one strip.
    if (BIAS) { for (var p = 0u; p < TILE; p++) { bias_sum += value[p + BIAS_FIRST]; } }
    let x_row = x_first + (image * IN_HEIGHT + min(t, IN_HEIGHT - 1u)) * x_step;
    for (var r = 0u; r + 1u < WINDOW_HEIGHT; r++) {
      sum[r] = sum[r + 1u];
      held[r] = held[r + 1u];
    }
    var x_at = x_row + x_left;
    for (var p = 0u; p < TILE; p++) {
      sum[WINDOW_HEIGHT - 1u][p] = 0.0;
      let inside = t < IN_HEIGHT && (!RAGGED || column0 + p < IN_WIDTH);
      held[WINDOW_HEIGHT - 1u][p] = select(0.0, f32(x[select(x_row, x_at, inside)]), inside);
      x_at += X_ROW;
    }
    accumulate(0u, lane0, &value, &weight, &held, &sum, &filter_sum);
    if (OUTPUTS > A_CALL) { accumulate(A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }
    if (OUTPUTS > 2u * A_CALL) { accumulate(2u * A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }
    if (OUTPUTS > 3u * A_CALL) { accumulate(3u * A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }
    if (OUTPUTS > 4u * A_CALL) { accumulate(4u * A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }
    if (OUTPUTS > 5u * A_CALL) { accumulate(5u * A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }
    if (OUTPUTS > 6u * A_CALL) { accumulate(6u * A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }
    if (OUTPUTS > 7u * A_CALL) { accumulate(7u * A_CALL, lane0, &value, &weight, &held, &sum, &filter_sum); }

    if (t + 1u >= WINDOW_HEIGHT && exists && channel < INPUTS) {
      let row = image * IN_HEIGHT + t + 1u - WINDOW_HEIGHT;
      let pixel0 = row * IN_WIDTH + column0;
      let result = sum[0];
      let own = held[0];
      // A bound that the driver does not know (COMPACT) keeps it from unrolling a long epilogue.
      let columns = select(0u, TILE, !COMPACT || item < PARTS);
      var dx_at = dx_first + row * dx_step;
      var saved_at = saved_first + row * saved_step;
      for (var p = 0u; p < columns; p++) {
        if (!RAGGED || column0 + p < IN_WIDTH) {
          var kept = 0.0;
          if (EPILOGUE_GRADIENT) {
            if (SAVED_IS_X) { kept = own[p]; } else { kept = f32(saved[saved_at]); }
          }
          dx[dx_at] = Activation(epilogue(result[p], kept, replica, (pixel0 + p) * INPUTS + channel));
        }
        dx_at += DX_ROW;
        saved_at += SAVED_ROW;
      }
    }
  }

  // The strips of the workgroup, neighbours first.
  let part = replica * PARTS + item;
  for (var w = 0u; w < weights; w++) {
    var total = filter_sum[w];
    for (var step = STRIP_LANES; step < LANES; step *= 2u) { total += subgroupShuffleXor(total, step); }
    if (lane < INPUTS) { filter_gradient[part * FILTER_LENGTH + w % TAPS * (INPUTS * OUTPUTS) + filter_at + w / TAPS] = total; }
  }
  if (BIAS) {
    var total = bias_sum;
    for (var step = STRIP_LANES; step < LANES; step *= 2u) { total += subgroupShuffleXor(total, step); }
    if (lane < OUTPUTS && item < PARTS) { bias_gradient[part * BIAS_LENGTH + lane] = total; }
  }
}
