// Convolution of stride 1 of one input channel, bias, maximum pooling and epilogue in one pass, where a subgroup is a vector register of
// the CPU. Formula, layouts and bindings are those of direct.wgsl.
// Work: a lane has CHANNELS channels and their weights in registers. It walks down a strip of an image, WINDOWS windows wide: a turn reads
// POOL_HEIGHT rows of the input, of which HELD are kept, and makes a row of windows. A workgroup is one subgroup; workgroups run along
// channel blocks first, then along tiles, SECTIONS of TURNS turns, and images; z = replica.
enable subgroups;
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;
@group(0) @binding(5) var<storage, read_write> argmax: array<u32>;

const TILE = WINDOWS * POOL_WIDTH;
const SPAN = TILE + WINDOW_WIDTH - 1u;
const HELD = WINDOW_HEIGHT - 1u + POOL_HEIGHT;
const TAPS = WINDOW_HEIGHT * WINDOW_WIDTH;
const PIXELS = POOL_HEIGHT * POOL_WIDTH;
const WEIGHTS = TAPS * CHANNELS;
const VECTORS = (WEIGHTS + LANES - 1u) / LANES;

alias Held = array<array<f32, SPAN>, HELD>;
alias Weights = array<array<f32, CHANNELS>, TAPS>;
alias Starts = array<f32, CHANNELS>;

// Pushes the rows up and reads those that a turn sees for the first time.
fn load_rows(turn: i32, image: u32, left: i32, held: ptr<function, Held>) {
  for (var r = 0u; r + POOL_HEIGHT < HELD; r++) { held[r] = held[r + POOL_HEIGHT]; }
  for (var r = HELD - POOL_HEIGHT; r < HELD; r++) {
    let iy = turn * i32(POOL_HEIGHT) + i32(r) - i32(TOP);
    let row_inside = iy >= 0 && iy < i32(IN_HEIGHT);
    let row = image + u32(select(0, iy, row_inside)) * (IN_WIDTH * X_ROW);
    for (var i = 0u; i < SPAN; i++) {
      let ix = left + i32(i);
      let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
      held[r][i] = select(0.0, f32(x[row + u32(select(0, ix, inside)) * X_ROW]), inside);
    }
  }
}

// Where the results of a turn go: the first window, its numbers among the replica's and among the row's, and the first channel.
struct Goal { replica: u32, window: u32, column: u32, channel: u32 }

// Makes four channels of window w of a turn, the first being `first` of the block. Drivers unroll loops up to a size, which one over all
// would exceed.
fn four(w: u32, first: u32, goal: Goal, held: ptr<function, Held>, weight: ptr<function, Weights>, start: ptr<function, Starts>) {
  let exists = POOLED_WIDTH % WINDOWS == 0u || goal.column + w < POOLED_WIDTH;
  let window = goal.window + w;
  var word = 0u;
  for (var j = 0u; j < 4u; j++) {
    let k = first + j;
    if (k < CHANNELS) {
      var best = 0.0;
      var winner = 0u;
      for (var p = 0u; p < PIXELS; p++) {
        var sum = 0.0;
        for (var tap = 0u; tap < TAPS; tap++) {
          sum = fma(held[p / POOL_WIDTH + tap / WINDOW_WIDTH][w * POOL_WIDTH + p % POOL_WIDTH + tap % WINDOW_WIDTH], weight[tap][k], sum);
        }
        let better = p == 0u || sum > best || is_nan(sum);
        best = select(best, sum, better);
        winner = select(winner, p, better);
      }
      word |= winner << (j * 8u);
      if (exists && (OUT_CHANNELS % CHANNELS == 0u || goal.channel + k < OUT_CHANNELS)) {
        let channel = goal.channel + k;
        y[goal.replica * Y_REPLICA + window * Y_ROW + Y_OFFSET + channel] =
          Activation(epilogue(best + start[k], 0.0, goal.replica, window * OUT_CHANNELS + channel));
      }
    }
  }
  if (ARGMAX && exists && (OUT_CHANNELS % CHANNELS == 0u || goal.channel + first < OUT_CHANNELS)) {
    argmax[(goal.replica * TOTAL_WINDOWS + window) * WORDS + (goal.channel + first) / 4u] = word;
  }
}

fn channels_of(w: u32, goal: Goal, held: ptr<function, Held>, weight: ptr<function, Weights>, start: ptr<function, Starts>) {
  four(w, 0u, goal, held, weight, start);
  if (CHANNELS > 4u) { four(w, 4u, goal, held, weight, start); }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;
  let channel0 = item % BLOCKS * CHANNELS;
  let strip = item / BLOCKS * LANES + lane;
  let window0 = strip % TILES * WINDOWS;
  let left = i32(window0 * POOL_WIDTH) - i32(LEFT);
  let first_turn = strip / TILES % SECTIONS * TURNS;
  let last_turn = select(0u, min(first_turn + TURNS, POOLED_HEIGHT), strip < STRIPS);
  let number = strip / (TILES * SECTIONS);
  let image = replica * X_REPLICA + X_OFFSET + number * (IN_HEIGHT * IN_WIDTH * X_ROW);

  var packed: array<f32, VECTORS>;
  for (var v = 0u; v < VECTORS; v++) {
    let at = min(v * LANES + lane, WEIGHTS - 1u);
    packed[v] = f32(filter_[replica * FILTER_REPLICA + at / CHANNELS * FILTER_TAP + min(channel0 + at % CHANNELS, OUT_CHANNELS - 1u)]);
  }
  var weight: Weights;
  for (var w = 0u; w < WEIGHTS; w++) { weight[w / CHANNELS][w % CHANNELS] = subgroupShuffle(packed[w / LANES], w % LANES); }
  var start: Starts;
  if (BIAS) {
    let offsets = bias[replica * BIAS_REPLICA + min(channel0 + lane, OUT_CHANNELS - 1u)];
    for (var k = 0u; k < CHANNELS; k++) { start[k] = subgroupShuffle(offsets, k); }
  }

  var held: Held;
  for (var turn = i32(first_turn) - WARM_UP; turn < i32(first_turn); turn++) { load_rows(turn, image, left, &held); }
  for (var turn = first_turn; turn < last_turn; turn++) {
    load_rows(i32(turn), image, left, &held);
    let goal = Goal(replica, (number * POOLED_HEIGHT + turn) * POOLED_WIDTH + window0, window0, channel0);
    channels_of(0u, goal, &held, &weight, &start);
    if (WINDOWS > 1u) { channels_of(1u, goal, &held, &weight, &start); }
    if (WINDOWS > 2u) { channels_of(2u, goal, &held, &weight, &start); }
    if (WINDOWS > 3u) { channels_of(3u, goal, &held, &weight, &start); }
  }
}
