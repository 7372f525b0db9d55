// Convolution of stride 1, forward and (TRANSPOSED) with respect to its input, where a subgroup is a vector register of the CPU.
// Formula, layouts and bindings are those of direct.wgsl; the transposed one is a forward one with a turned filter.
// Work: a lane makes TILE neighbouring pixels of a row x CHANNELS channels in registers. A turn (kh, c) loads the pixels that
// the tile sees, and for each kw a vector of LANES channels' weights, which shuffles spread over the lanes.
// A workgroup is one subgroup; workgroups run along channel blocks first, then along tiles; z = replica x groups + group.
enable subgroups;
//#import channel-sums
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

alias Values = array<f32, SPAN>;
alias Weights = array<array<f32, WINDOW_WIDTH>, VECTORS>;

// Adds one turn to four channels. Drivers unroll loops up to a size, which one over all the channels would exceed.
fn accumulate(first: u32, sum: ptr<function, Sums>, value: ptr<function, Values>, weight: ptr<function, Weights>) {
  for (var j = 0u; j < 4u; j++) {
    let k = first + j;
    if (k < CHANNELS) {
      var spread: array<f32, WINDOW_WIDTH>;
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { spread[kw] = subgroupShuffle(weight[k / LANES][kw], k % LANES); }
      for (var p = 0u; p < TILE; p++) {
        var partial = sum[p][k];
        for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { partial = fma(value[p + kw * DILATION_WIDTH], spread[kw], partial); }
        sum[p][k] = partial;
      }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z / GROUPS;
  let group = workgroup.z % GROUPS;
  let channel0 = item % BLOCKS * CHANNELS;
  let tile = item / BLOCKS * LANES + lane;
  // Bounds that the driver does not know keep it from unrolling these loops, whose bodies are long.
  let turns = select(0u, IN_CHANNELS, item < WORKGROUPS);
  let column0 = min(tile, ITEMS - 1u) % TILES * TILE;
  let row = min(tile, ITEMS - 1u) / TILES;
  let oy = row % OUT_HEIGHT;
  let image = replica * X_REPLICA + X_OFFSET + group * IN_CHANNELS + row / OUT_HEIGHT * (IN_HEIGHT * IN_WIDTH * X_ROW);

  var weight_at: array<u32, VECTORS>;
  for (var v = 0u; v < VECTORS; v++) {
    weight_at[v] = replica * FILTER_REPLICA + group * FILTER_GROUP + min(channel0 + v * LANES + lane, OUT_CHANNELS - 1u) * FILTER_OUT;
  }

  var sum: Sums;
  var total = Sums();
  var grand = Sums();
  var turn = 0u;
  for (var kh = 0u; kh < WINDOW_HEIGHT; kh++) {
    let iy = i32(oy + kh * DILATION_HEIGHT) - BEFORE_Y;
    let row_inside = iy >= 0 && iy < i32(IN_HEIGHT);
    let x_row = image + u32(select(0, iy, row_inside)) * (IN_WIDTH * X_ROW);
    let tap_row = select(kh, WINDOW_HEIGHT - 1u - kh, TRANSPOSED) * WINDOW_WIDTH;
    for (var c = 0u; c < turns; c++) {
      if (LONG) {
        turn++;
        if (turn % FOLD_TURNS == 0u) { fold_all(&sum, &total); }
        if (HUGE && turn % HUGE_TURNS == 0u) { fold_all(&total, &grand); }
      }
      var value: Values;
      for (var i = 0u; i < SPAN; i++) {
        let ix = i32(column0 + i) - BEFORE_X;
        let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
        value[i] = select(0.0, f32(x[x_row + c + u32(select(0, ix, inside)) * X_ROW]), inside);
      }
      var weight: Weights;
      for (var v = 0u; v < VECTORS; v++) {
        for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
          let tap = tap_row + select(kw, WINDOW_WIDTH - 1u - kw, TRANSPOSED);
          weight[v][kw] = f32(filter_[weight_at[v] + tap * FILTER_TAP + c * FILTER_IN]);
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
  let pixels = select(0u, min(TILE, OUT_WIDTH - column0), tile < ITEMS);
  let channels = select(0u, min(CHANNELS, OUT_CHANNELS - channel0), tile < ITEMS);
  for (var p = 0u; p < pixels; p++) {
    let pixel = row * OUT_WIDTH + column0 + p;
    for (var k = 0u; k < channels; k++) {
      let channel = group * OUT_CHANNELS + channel0 + k;
      var kept = 0.0;
      if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET + channel]); }
      let stored = epilogue(result[p * CHANNELS + k], kept, replica, pixel * (OUT_CHANNELS * GROUPS) + channel);
      y[replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET + channel] = Activation(stored);
    }
  }
}
