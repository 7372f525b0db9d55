// The gradients of input, filters and bias of a depthwise convolution of stride 1 with one of single pixels behind it, in one pass,
// where a subgroup is a vector register of the CPU. With u what lies between the two, and `dy` the gradient of the sums of the second:
// du[p,c] = sum over k of filter[c,k] dy[p,k]; dfilter[c,k] = sum over p of u[p,c] dy[p,k]; dbias[k] = sum over p of dy[p,k];
// ddepthwise[tap,c] = sum over p of du[p,c] x[p+tap,c]; y[q,c] = epilogue(sum over taps of depthwise[tap,c] du[q-tap,c]), computed from x.
// Layouts: x, y [N,H,W,C], dy [N,OH,OW,K], depthwise [KH,KW,1,C], filter [1,1,C,K]; gradients of parameters [replica, part, ...].
// Work: a lane is a column of dy, and one of x and y LEFT before it, of a strip of an image, with all channels; what lies beside comes by
// shuffles. A lane walks down the rows: a turn reads one of x and of dy, keeps WINDOW_HEIGHT rows of x, of sums of u and of sums of y,
// and adds to the gradients of all weights, which stay in registers. A workgroup is one subgroup and makes a part; z = replica.
enable subgroups;
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read> depthwise: array<Weight>;
@group(0) @binding(3) var<storage, read> filter_: array<PixelWeight>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;
@group(0) @binding(5) var<storage, read_write> depthwise_gradient: array<f32>;
@group(0) @binding(6) var<storage, read_write> filter_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>;

//#import separable-strips
//#import separable-weights

// Gradients of a channel of x: those of its taps and of its weights. Behind those of all channels come the bias's.
const A_CHANNEL = TAPS + OUT_CHANNELS;
const GRADIENTS = IN_CHANNELS * A_CHANNEL + OUT_CHANNELS;

alias Values = array<f32, IN_CHANNELS>;
alias Outputs = array<f32, OUT_CHANNELS>;
alias Rows = array<array<f32, WINDOW_HEIGHT>, IN_CHANNELS>;
alias Results = array<f32, GRADIENTS>;

// What a vector of strips is of a lane: its offsets of row 0, and whether it sees, and makes, what they point at.
struct Place { x: i32, y: i32, dy: u32, sees: bool, has: bool, owns_x: bool, owns_dy: bool, column: u32, lanes: u32 }

// Pushes the rows of x up.
fn push(value: Values, held: ptr<function, Rows>) {
  for (var c = 0u; c < IN_CHANNELS; c++) {
    for (var r = 0u; r + 1u < WINDOW_HEIGHT; r++) { held[c][r] = held[c][r + 1u]; }
    held[c][WINDOW_HEIGHT - 1u] = value[c];
  }
}

// The same, with the row iy.
fn read_row(iy: i32, place: Place, held: ptr<function, Rows>) {
  var value = Values();
  if (place.sees && iy >= 0 && iy < i32(IN_HEIGHT)) {
    let at = u32(place.x + iy * i32(IN_WIDTH * X_ROW));
    for (var c = 0u; c < IN_CHANNELS; c++) { value[c] = f32(x[at + c]); }
  }
  push(value, held);
}

// The value `by` columns to the right, and to the left.
fn right(value: f32, by: u32, lane: u32, place: Place) -> f32 {
  return select(0.0, subgroupShuffle(value, (lane + by) % LANES), place.column + by < place.lanes);
}
fn left(value: f32, by: u32, lane: u32, place: Place) -> f32 {
  return select(0.0, subgroupShuffle(value, (lane + LANES - by) % LANES), place.column >= by);
}

// Adds the row of x that was read last to the sums of u, moves them on, and returns those of the row that is finished.
fn between(c: u32, lane: u32, place: Place, held: ptr<function, Rows>, weight: ptr<function, Depthwise>, sum: ptr<function, Rows>) -> f32 {
  var seen: array<f32, WINDOW_WIDTH>;
  seen[0] = held[c][WINDOW_HEIGHT - 1u];
  for (var kw = 1u; kw < WINDOW_WIDTH; kw++) { seen[kw] = right(held[c][WINDOW_HEIGHT - 1u], kw, lane, place); }
  var done = 0.0;
  for (var r = 0u; r < WINDOW_HEIGHT; r++) {
    var partial = 0.0;
    if (r + 1u < WINDOW_HEIGHT) { partial = sum[c][r]; }
    for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { partial = fma(seen[kw], weight[c][(WINDOW_HEIGHT - 1u - r) * WINDOW_WIDTH + kw], partial); }
    if (r == 0u) { done = partial; } else { sum[c][r - 1u] = partial; }
  }
  return done;
}

// The same of four channels. Drivers unroll loops up to a size, which one over all channels would exceed.
fn read_channels(
  first: u32, lane: u32, place: Place, held: ptr<function, Rows>, weight: ptr<function, Depthwise>, sum: ptr<function, Rows>,
  u: ptr<function, Values>,
) {
  for (var j = 0u; j < 4u; j++) {
    let c = first + j;
    if (c < IN_CHANNELS) { u[c] = between(c, lane, place, held, weight, sum); }
  }
}

// A turn of two channels, whose `u` are at hand.
fn turn(
  first: u32, lane: u32, place: Place, u: ptr<function, Values>, gradient: ptr<function, Outputs>, owned: ptr<function, Outputs>,
  weight: ptr<function, Depthwise>, pixel_weight: ptr<function, Pixelwise>,
  held: ptr<function, Rows>, back: ptr<function, Rows>,
  of_weight: ptr<function, Depthwise>, of_pixel_weight: ptr<function, Pixelwise>,
) {
  for (var j = 0u; j < 2u; j++) {
    let c = first + j;
    if (c < IN_CHANNELS) {
      var du = 0.0;
      for (var k = 0u; k < OUT_CHANNELS; k++) {
        of_pixel_weight[c][k] = fma(u[c], owned[k], of_pixel_weight[c][k]);
        du = fma(gradient[k], pixel_weight[c][k], du);
      }
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
        var beside = du;
        if (kw > 0u) { beside = left(du, kw, lane, place); }
        let counted = select(0.0, beside, WHOLE || place.owns_x);
        for (var kh = 0u; kh < WINDOW_HEIGHT; kh++) {
          back[c][kh] = fma(beside, weight[c][kh * WINDOW_WIDTH + kw], back[c][kh]);
          of_weight[c][kh * WINDOW_WIDTH + kw] = fma(counted, held[c][kh], of_weight[c][kh * WINDOW_WIDTH + kw]);
        }
      }
    }
  }
}

// Stores a finished row of y, and moves its sums on.
fn write_row(iy: i32, replica: u32, place: Place, held: ptr<function, Rows>, back: ptr<function, Rows>) {
  if (place.sees && place.owns_x && iy >= 0 && iy < i32(IN_HEIGHT)) {
    let at = u32(place.y + iy * i32(IN_WIDTH * Y_ROW));
    for (var c = 0u; c < IN_CHANNELS; c++) { y[at + c] = Activation(epilogue(back[c][0], held[c][0], replica, 0u)); }
  }
  for (var c = 0u; c < IN_CHANNELS; c++) {
    for (var r = 0u; r + 1u < WINDOW_HEIGHT; r++) { back[c][r] = back[c][r + 1u]; }
    back[c][WINDOW_HEIGHT - 1u] = 0.0;
  }
}

fn copy(first: u32, of_weight: ptr<function, Depthwise>, of_pixel_weight: ptr<function, Pixelwise>, result: ptr<function, Results>) {
  for (var j = 0u; j < 4u; j++) {
    let c = first + j;
    if (c < IN_CHANNELS) {
      for (var tap = 0u; tap < TAPS; tap++) { result[c * A_CHANNEL + tap] = of_weight[c][tap]; }
      for (var k = 0u; k < OUT_CHANNELS; k++) { result[c * A_CHANNEL + TAPS + k] = of_pixel_weight[c][k]; }
    }
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let part = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;
  var weight: Depthwise;
  var pixel_weight: Pixelwise;
  load_weights(replica, lane, &weight, &pixel_weight);

  var of_weight = Depthwise();
  var of_pixel_weight = Pixelwise();
  var of_bias = Outputs();
  // Bounds that the driver does not know keep it from unrolling these.
  let turns = select(0i, i32(OUT_HEIGHT), part < PARTS);
  let rows = select(0i, i32(IN_HEIGHT + TOP), part < PARTS);
  for (var vector = part * VECTORS_A_PART; vector < min((part + 1u) * VECTORS_A_PART, VECTORS); vector++) {
    let strip = strip_of(vector, lane);
    let ox = strip.tile * ADVANCE + strip.column;
    let ix = i32(ox) - i32(LEFT);
    let pixel = i32(strip.image * (IN_HEIGHT * IN_WIDTH)) + ix;
    var place: Place;
    place.x = i32(replica * X_REPLICA + X_OFFSET) + pixel * i32(X_ROW);
    place.y = i32(replica * Y_REPLICA + Y_OFFSET) + pixel * i32(Y_ROW);
    place.dy = replica * DY_REPLICA + DY_OFFSET + (strip.image * (OUT_HEIGHT * OUT_WIDTH) + ox) * DY_ROW;
    place.sees = strip.exists && ix >= 0 && ix < i32(IN_WIDTH);
    place.has = strip.exists && ox < OUT_WIDTH;
    place.owns_x = WHOLE || strip.tile == 0u || strip.column + 1u >= WINDOW_WIDTH;
    place.owns_dy = WHOLE || strip.tile + 1u == TILES || strip.column < ADVANCE;
    place.column = strip.column;
    place.lanes = strip.lanes;

    var held = Rows();
    var sum = Rows();
    var back = Rows();
    for (var oy = 0i; oy < turns; oy++) {
      // The first turn reads a whole window of rows, later ones a row, by the same text: it is long to compile.
      var u = Values();
      for (var row = select(oy + i32(WINDOW_HEIGHT - 1u), 0i, oy == 0); row < oy + i32(WINDOW_HEIGHT); row++) {
        read_row(row - i32(TOP), place, &held);
        read_channels(0u, lane, place, &held, &weight, &sum, &u);
        if (IN_CHANNELS > 4u) { read_channels(4u, lane, place, &held, &weight, &sum, &u); }
        if (IN_CHANNELS > 8u) { read_channels(8u, lane, place, &held, &weight, &sum, &u); }
        if (IN_CHANNELS > 12u) { read_channels(12u, lane, place, &held, &weight, &sum, &u); }
      }
      var gradient = Outputs();
      if (place.has) {
        let at = place.dy + u32(oy) * (OUT_WIDTH * DY_ROW);
        for (var k = 0u; k < OUT_CHANNELS; k++) { gradient[k] = f32(dy[at + k]); }
      }
      var owned: Outputs;
      for (var k = 0u; k < OUT_CHANNELS; k++) {
        owned[k] = select(0.0, gradient[k], WHOLE || place.owns_dy);
        of_bias[k] += owned[k];
      }
      turn(0u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight);
      if (IN_CHANNELS > 2u) { turn(2u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      if (IN_CHANNELS > 4u) { turn(4u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      if (IN_CHANNELS > 6u) { turn(6u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      if (IN_CHANNELS > 8u) { turn(8u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      if (IN_CHANNELS > 10u) { turn(10u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      if (IN_CHANNELS > 12u) { turn(12u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      if (IN_CHANNELS > 14u) { turn(14u, lane, place, &u, &gradient, &owned, &weight, &pixel_weight, &held, &back, &of_weight, &of_pixel_weight); }
      write_row(oy - i32(TOP), replica, place, &held, &back);
    }
    // The rows that no window begins in.
    for (var row = turns; row < rows; row++) {
      push(Values(), &held);
      write_row(row - i32(TOP), replica, place, &held, &back);
    }
  }

  // A copy, so that the sums themselves are never indexed by a variable and stay in registers.
  var result: Results;
  copy(0u, &of_weight, &of_pixel_weight, &result);
  if (IN_CHANNELS > 4u) { copy(4u, &of_weight, &of_pixel_weight, &result); }
  if (IN_CHANNELS > 8u) { copy(8u, &of_weight, &of_pixel_weight, &result); }
  if (IN_CHANNELS > 12u) { copy(12u, &of_weight, &of_pixel_weight, &result); }
  for (var k = 0u; k < OUT_CHANNELS; k++) { result[GRADIENTS - OUT_CHANNELS + k] = of_bias[k]; }
  let place_of_part = replica * PARTS + part;
  let results = select(0u, GRADIENTS, part < PARTS);
  for (var base = 0u; base < results; base += TOTALS) {
    var some: array<f32, TOTALS>;
    for (var j = 0u; j < TOTALS; j++) { some[j] = result[min(base + j, GRADIENTS - 1u)]; }
    let total = combine(some, lane);
    let i = base + lane;
    let c = i / A_CHANNEL;
    let of_channel = i % A_CHANNEL;
    if (i < IN_CHANNELS * A_CHANNEL) {
      if (of_channel < TAPS) {
        depthwise_gradient[place_of_part * DEPTHWISE_LENGTH + of_channel * IN_CHANNELS + c] = total;
      } else {
        filter_gradient[place_of_part * FILTER_LENGTH + c * OUT_CHANNELS + (of_channel - TAPS)] = total;
      }
    } else if (BIAS && i < GRADIENTS) {
      bias_gradient[place_of_part * BIAS_LENGTH + (i - IN_CHANNELS * A_CHANNEL)] = total;
    }
  }
}
