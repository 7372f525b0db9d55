// Convolution of a stride above 1, forward and (TRANSPOSED) with respect to its input, where a subgroup is a vector register of the
// CPU. Formula, layouts and bindings are those of direct.wgsl.
// Work: a lane makes TILE pixels of a row x CHANNELS channels in registers, as in subgroup.wgsl. Forward these are neighbours.
// Transposed, outputs of one remainder by the strides (phase) see the same taps: each phase is a convolution of stride 1 with TAPS
// of the taps, and a lane makes pixels of one phase, a stride apart. A workgroup is one subgroup; workgroups run along channel
// blocks first, then along phases, then along tiles; z = replica x groups + group. WHOLE_BLOCKS: no block reaches beyond the last channel.
enable subgroups;
//#import channel-sums
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

alias Values = array<f32, SPAN>;
alias Weights = array<array<f32, TAPS_X>, VECTORS>;

// Adds one turn to four channels. Drivers unroll loops up to a size, which one over all the channels would exceed.
fn accumulate(first: u32, sum: ptr<function, Sums>, value: ptr<function, Values>, weight: ptr<function, Weights>) {
  for (var j = 0u; j < 4u; j++) {
    let k = first + j;
    if (k < CHANNELS) {
      var spread: array<f32, TAPS_X>;
      for (var t = 0u; t < TAPS_X; t++) { spread[t] = subgroupShuffle(weight[k / LANES][t], k % LANES); }
      for (var p = 0u; p < TILE; p++) {
        var partial = sum[p][k];
        for (var t = 0u; t < TAPS_X; t++) { partial = fma(value[p * STEP_X + t * GAP_X], spread[t], partial); }
        sum[p][k] = partial;
      }
    }
  }
}

// One axis: outputs q, q + 1, ... of a phase see, under tap t = 0 .. TAPS - 1, the inputs first + q STEP + t GAP, with the filter's
// tap last - t stride (transposed) or t.
struct Phase { first: i32, last: u32 }

fn phase_of(remainder: u32, taps: u32, stride: u32, before: u32) -> Phase {
  if (!TRANSPOSED) { return Phase(-i32(before), 0u); }
  let tap = (remainder + before) % stride;
  return Phase(i32((remainder + before - tap) / stride) - i32(taps - 1u), tap + (taps - 1u) * stride);
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z / GROUPS;
  let group = workgroup.z % GROUPS;
  let channel0 = item % BLOCKS * CHANNELS;
  let remainder_x = item / BLOCKS % PHASES_X;
  let remainder_y = item / (BLOCKS * PHASES_X) % PHASES_Y;
  let tile = item / (BLOCKS * PHASES_X * PHASES_Y) * LANES + lane;
  // Bounds that the driver does not know keep it from unrolling these loops, whose bodies are long.
  let turns = select(0u, IN_CHANNELS, item < WORKGROUPS);
  let existing = min(tile, ITEMS - 1u);
  let row = quotient(existing, divisor(TILES));
  let column0 = (existing - row * TILES) * TILE;
  let in_batch = quotient(row, divisor(ROWS));
  let row_in_image = row - in_batch * ROWS;
  let phase_x = phase_of(remainder_x, TAPS_X, STRIDE_WIDTH, LEFT);
  let phase_y = phase_of(remainder_y, TAPS_Y, STRIDE_HEIGHT, TOP);
  let image = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + in_batch * (IN_HEIGHT * IN_WIDTH * X_ROW);

  var weight_at: array<u32, VECTORS>;
  for (var v = 0u; v < VECTORS; v++) {
    weight_at[v] = replica * FILTER_REPLICA + group * FILTER_GROUP + min(channel0 + v * LANES + lane, OUT_CHANNELS - 1u) * FILTER_OUT;
  }

  var sum: Sums;
  var total = Sums();
  var grand = Sums();
  var turn = 0u;
  for (var ty = 0u; ty < TAPS_Y; ty++) {
    let kh = select(ty, phase_y.last - ty * STRIDE_HEIGHT, TRANSPOSED);
    let iy = i32(row_in_image * STEP_Y + ty * GAP_Y) + phase_y.first;
    let row_inside = iy >= 0 && iy < i32(IN_HEIGHT) && kh < WINDOW_HEIGHT;
    let x_row = image + u32(select(0, iy, row_inside)) * (IN_WIDTH * X_ROW);
    // Of what is left of the image, modulo 2^32.
    let x_left = x_row + (column0 * STEP_X + u32(phase_x.first)) * X_ROW;
    for (var c = 0u; c < turns; c++) {
      if (LONG) {
        turn++;
        if (turn % FOLD_TURNS == 0u) { fold_all(&sum, &total); }
        if (HUGE && turn % HUGE_TURNS == 0u) { fold_all(&total, &grand); }
      }
      var x_at = x_left + c;
      var value: Values;
      for (var i = 0u; i < SPAN; i++) {
        let ix = i32(column0 * STEP_X + i) + phase_x.first;
        let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
        value[i] = select(0.0, f32(x[select(x_row, x_at, inside)]), inside);
        x_at += X_ROW;
      }
      var weight: Weights;
      for (var v = 0u; v < VECTORS; v++) {
        for (var t = 0u; t < TAPS_X; t++) {
          let kw = select(t, phase_x.last - t * STRIDE_WIDTH, TRANSPOSED);
          let tap = min(kh, WINDOW_HEIGHT - 1u) * WINDOW_WIDTH + min(kw, WINDOW_WIDTH - 1u);
          weight[v][t] = select(0.0, f32(filter_[weight_at[v] + tap * FILTER_TAP + c * FILTER_IN]), kw < WINDOW_WIDTH);
        }
      }
      accumulate(0u, &sum, &value, &weight);
      if (CHANNELS > 4u) { accumulate(4u, &sum, &value, &weight); }
      if (CHANNELS > 8u) { accumulate(8u, &sum, &value, &weight); }
      if (CHANNELS > 12u) { accumulate(12u, &sum, &value, &weight); }
      if (CHANNELS > 16u) { accumulate(16u, &sum, &value, &weight); }
      if (CHANNELS > 20u) { accumulate(20u, &sum, &value, &weight); }
      if (CHANNELS > 24u) { accumulate(24u, &sum, &value, &weight); }
      if (CHANNELS > 28u) { accumulate(28u, &sum, &value, &weight); }
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
  var result: array<f32, TILE * CHANNELS>;
  for (var k = 0u; k < CHANNELS; k++) {
    let channel = group * OUT_CHANNELS + min(channel0 + k, OUT_CHANNELS - 1u);
    var start = 0.0;
    if (BIAS) { start = bias[replica * BIAS_REPLICA + channel]; }
    for (var p = 0u; p < TILE; p++) { result[p * CHANNELS + k] = sum[p][k] + start; }
  }
  let oy = row_in_image * PHASES_Y + remainder_y;
  let pixels = select(0u, TILE, tile < ITEMS && oy < OUT_HEIGHT);
  var channels = CHANNELS;
  if (!WHOLE_BLOCKS) { channels = min(CHANNELS, OUT_CHANNELS - channel0); }
  for (var p = 0u; p < pixels; p++) {
    let ox = (column0 + p) * PHASES_X + remainder_x;
    if (ox >= OUT_WIDTH) { break; }
    let pixel = (in_batch * OUT_HEIGHT + oy) * OUT_WIDTH + ox;
    let y_at = replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET;
    let saved_at = replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET;
    let element = pixel * (OUT_CHANNELS * GROUPS);
    for (var k = 0u; k < channels; k++) {
      let channel = group * OUT_CHANNELS + channel0 + k;
      var kept = 0.0;
      if (EPILOGUE_GRADIENT) { kept = f32(saved[saved_at + channel]); }
      let stored = epilogue(result[p * CHANNELS + k], kept, replica, element + channel);
      y[y_at + channel] = Activation(stored);
    }
  }
}
