// Depthwise convolution of stride 1, convolution of single pixels, bias and epilogue in one pass, where a subgroup is a vector register
// of the CPU:
// y[n,oy,ox,k] = epilogue(sum over c of filter[c,k] (sum over taps of depthwise[kh,kw,c] x[n,oy+kh-TOP,ox+kw-LEFT,c]) + bias[k]).
// Layouts: x [N,H,W,C], depthwise [KH,KW,1,C], filter [1,1,C,K], y [N,OH,OW,K].
// Work: a lane is a column of the input, of a strip of an image, and has all of its channels; what its window sees beside it comes by
// shuffles. A row of the input is read once and added to the sums of the WINDOW_HEIGHT rows that see it. A workgroup is one subgroup,
// which makes TURNS vectors of strips; z = replica.
enable subgroups;
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> depthwise: array<Weight>;
@group(0) @binding(2) var<storage, read> filter_: array<PixelWeight>;
@group(0) @binding(3) var<storage, read> bias: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;

//#import separable-strips
//#import separable-weights

alias Values = array<f32, IN_CHANNELS>;
alias Sums = array<array<f32, WINDOW_HEIGHT>, IN_CHANNELS>;
alias Starts = array<f32, OUT_CHANNELS>;

// Adds a row of the input to the sums of four channels, and moves on to the next: `done` gets those of the row that is finished. Drivers
// unroll loops up to a size, which one over all channels would exceed.
fn add_row(first: u32, lane: u32, value: ptr<function, Values>, weight: ptr<function, Depthwise>, sum: ptr<function, Sums>, done: ptr<function, Values>) {
  for (var j = 0u; j < 4u; j++) {
    let c = first + j;
    if (c < IN_CHANNELS) {
      var seen: array<f32, WINDOW_WIDTH>;
      seen[0] = value[c];
      for (var kw = 1u; kw < WINDOW_WIDTH; kw++) { seen[kw] = subgroupShuffle(value[c], (lane + kw) % LANES); }
      for (var r = 0u; r < WINDOW_HEIGHT; r++) {
        var partial = 0.0;
        if (r + 1u < WINDOW_HEIGHT) { partial = sum[c][r]; }
        for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { partial = fma(seen[kw], weight[c][(WINDOW_HEIGHT - 1u - r) * WINDOW_WIDTH + kw], partial); }
        if (r == 0u) { done[c] = partial; } else { sum[c][r - 1u] = partial; }
      }
    }
  }
}

// Makes four channels of a pixel.
fn make(first: u32, at: u32, replica: u32, value: ptr<function, Values>, weight: ptr<function, Pixelwise>, start: ptr<function, Starts>) {
  for (var j = 0u; j < 4u; j++) {
    let k = first + j;
    if (k < OUT_CHANNELS) {
      var sum = start[k];
      for (var c = 0u; c < IN_CHANNELS; c++) { sum = fma(value[c], weight[c][k], sum); }
      y[at + k] = Activation(epilogue(sum, 0.0, replica, 0u));
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;
  var weight: Depthwise;
  var pixel_weight: Pixelwise;
  load_weights(replica, lane, &weight, &pixel_weight);
  var start: Starts;
  if (BIAS) {
    for (var k = 0u; k < OUT_CHANNELS; k++) { start[k] = bias[replica * BIAS_REPLICA + k]; }
  }

  // A bound that the driver does not know keeps it from unrolling this.
  let rows = select(0i, i32(OUT_HEIGHT + WINDOW_HEIGHT - 1u), item < VECTORS);
  for (var vector = item * TURNS; vector < min((item + 1u) * TURNS, VECTORS); vector++) {
    let strip = strip_of(vector, lane);
    let ox = strip.tile * ADVANCE + strip.column;
    let ix = i32(ox) - i32(LEFT);
    let sees = strip.exists && ix >= 0 && ix < i32(IN_WIDTH);
    let makes = strip.exists && strip.column + WINDOW_WIDTH <= strip.lanes && ox < OUT_WIDTH;
    let x_base = replica * X_REPLICA + X_OFFSET;
    let y_base = replica * Y_REPLICA + Y_OFFSET;
    var sum = Sums();
    for (var row = 0i; row < rows; row++) {
      let iy = row - i32(TOP);
      var value = Values();
      if (sees && iy >= 0 && iy < i32(IN_HEIGHT)) {
        let at = x_base + ((strip.image * IN_HEIGHT + u32(iy)) * IN_WIDTH + u32(ix)) * X_ROW;
        for (var c = 0u; c < IN_CHANNELS; c++) { value[c] = f32(x[at + c]); }
      }
      var done = Values();
      add_row(0u, lane, &value, &weight, &sum, &done);
      if (IN_CHANNELS > 4u) { add_row(4u, lane, &value, &weight, &sum, &done); }
      if (IN_CHANNELS > 8u) { add_row(8u, lane, &value, &weight, &sum, &done); }
      if (IN_CHANNELS > 12u) { add_row(12u, lane, &value, &weight, &sum, &done); }
      let oy = row - i32(WINDOW_HEIGHT - 1u);
      if (makes && oy >= 0) {
        let at = y_base + ((strip.image * OUT_HEIGHT + u32(oy)) * OUT_WIDTH + ox) * Y_ROW;
        make(0u, at, replica, &done, &pixel_weight, &start);
        if (OUT_CHANNELS > 4u) { make(4u, at, replica, &done, &pixel_weight, &start); }
        if (OUT_CHANNELS > 8u) { make(8u, at, replica, &done, &pixel_weight, &start); }
        if (OUT_CHANNELS > 12u) { make(12u, at, replica, &done, &pixel_weight, &start); }
      }
    }
  }
}
