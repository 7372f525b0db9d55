// Convolution of stride 1, bias, maximum pooling and epilogue in one pass, where a subgroup is a vector register of the CPU.
// Formula, layouts and bindings are those of direct.wgsl.
// Work: a lane makes WINDOWS neighbouring windows of a row x CHANNELS channels: POOL_HEIGHT rows of TILE pixels a channel, summed
// in registers. A turn takes a row of taps of an input channel: it loads one row of the pixels that the tile sees (those before
// are still there), and for each tap a vector of LANES channels' weights, which shuffles spread over the lanes.
// A workgroup is one subgroup; workgroups run along channel blocks first, then along tiles; z = replica.
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
const BLOCK_WORDS = (CHANNELS + 3u) / 4u;

alias Sums = array<array<array<f32, TILE>, POOL_HEIGHT>, CHANNELS>;
alias Rows = array<array<f32, SPAN>, POOL_HEIGHT>;
alias Weights = array<array<f32, WINDOW_WIDTH>, VECTORS>;
struct Best { value: array<array<f32, WINDOWS>, CHANNELS>, winner: array<array<u32, WINDOWS>, CHANNELS> }

// Loads 16 pixels of a row of x. Drivers unroll loops up to a size; this and what follows are cut into calls that stay below it.
fn load(first: u32, row: u32, row_inside: bool, column0: u32, rows: ptr<function, Rows>) {
  for (var j = 0u; j < 16u; j++) {
    let i = first + j;
    if (i < SPAN) {
      let ix = i32(column0 + i) - i32(LEFT);
      let inside = row_inside && ix >= 0 && ix < i32(IN_WIDTH);
      rows[POOL_HEIGHT - 1u][i] = select(0.0, f32(x[row + u32(select(0, ix, inside)) * X_ROW]), inside);
    }
  }
}

// Adds one turn to row r of A_CALL channels.
fn accumulate(r: u32, first: u32, sum: ptr<function, Sums>, rows: ptr<function, Rows>, weight: ptr<function, Weights>) {
  for (var j = 0u; j < A_CALL; j++) {
    let k = first + j;
    if (k < CHANNELS) {
      var spread: array<f32, WINDOW_WIDTH>;
      for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { spread[kw] = subgroupShuffle(weight[k / LANES][kw], k % LANES); }
      for (var p = 0u; p < TILE; p++) {
        var partial = sum[k][r][p];
        for (var kw = 0u; kw < WINDOW_WIDTH; kw++) { partial = fma(rows[r][p + kw], spread[kw], partial); }
        sum[k][r][p] = partial;
      }
    }
  }
}

fn accumulate_row(r: u32, sum: ptr<function, Sums>, rows: ptr<function, Rows>, weight: ptr<function, Weights>) {
  accumulate(r, 0u, sum, rows, weight);
  if (CHANNELS > A_CALL) { accumulate(r, A_CALL, sum, rows, weight); }
  if (CHANNELS > 2u * A_CALL) { accumulate(r, 2u * A_CALL, sum, rows, weight); }
  if (CHANNELS > 3u * A_CALL) { accumulate(r, 3u * A_CALL, sum, rows, weight); }
  if (CHANNELS > 4u * A_CALL) { accumulate(r, 4u * A_CALL, sum, rows, weight); }
  if (CHANNELS > 5u * A_CALL) { accumulate(r, 5u * A_CALL, sum, rows, weight); }
  if (CHANNELS > 6u * A_CALL) { accumulate(r, 6u * A_CALL, sum, rows, weight); }
  if (CHANNELS > 7u * A_CALL) { accumulate(r, 7u * A_CALL, sum, rows, weight); }
}

// Adds the sums of row r of A_CALL channels to the totals, where there are many terms (LONG), or totals to grand ones (HUGE), and
// begins anew.
fn fold(r: u32, first: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  for (var j = 0u; j < A_CALL; j++) {
    let k = first + j;
    if (k < CHANNELS) {
      for (var p = 0u; p < TILE; p++) {
        total[k][r][p] += sum[k][r][p];
        sum[k][r][p] = 0.0;
      }
    }
  }
}

fn fold_row(r: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  fold(r, 0u, sum, total);
  if (CHANNELS > A_CALL) { fold(r, A_CALL, sum, total); }
  if (CHANNELS > 2u * A_CALL) { fold(r, 2u * A_CALL, sum, total); }
  if (CHANNELS > 3u * A_CALL) { fold(r, 3u * A_CALL, sum, total); }
  if (CHANNELS > 4u * A_CALL) { fold(r, 4u * A_CALL, sum, total); }
  if (CHANNELS > 5u * A_CALL) { fold(r, 5u * A_CALL, sum, total); }
  if (CHANNELS > 6u * A_CALL) { fold(r, 6u * A_CALL, sum, total); }
  if (CHANNELS > 7u * A_CALL) { fold(r, 7u * A_CALL, sum, total); }
}

fn fold_all(sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  fold_row(0u, sum, total);
  if (POOL_HEIGHT > 1u) { fold_row(1u, sum, total); }
  if (POOL_HEIGHT > 2u) { fold_row(2u, sum, total); }
  if (POOL_HEIGHT > 3u) { fold_row(3u, sum, total); }
}

// Compares row r of A_CALL channels with the best of the rows before. `height` and `width`: the pixels that exist.
fn compare(r: u32, first: u32, height: u32, width: u32, sum: ptr<function, Sums>, best: ptr<function, Best>) {
  for (var j = 0u; j < A_CALL; j++) {
    let k = first + j;
    if (k < CHANNELS) {
      for (var p = 0u; p < TILE; p++) {
        let w = p / POOL_WIDTH;
        let tap = r * POOL_WIDTH + p % POOL_WIDTH;
        let exists = !RAGGED || (r < height && p < width);
        let better = tap == 0u || (exists && (sum[k][r][p] > best.value[k][w] || is_nan(sum[k][r][p])));
        best.value[k][w] = select(best.value[k][w], sum[k][r][p], better);
        best.winner[k][w] = select(best.winner[k][w], tap, better);
      }
    }
  }
}

fn compare_row(r: u32, height: u32, width: u32, sum: ptr<function, Sums>, best: ptr<function, Best>) {
  compare(r, 0u, height, width, sum, best);
  if (CHANNELS > A_CALL) { compare(r, A_CALL, height, width, sum, best); }
  if (CHANNELS > 2u * A_CALL) { compare(r, 2u * A_CALL, height, width, sum, best); }
  if (CHANNELS > 3u * A_CALL) { compare(r, 3u * A_CALL, height, width, sum, best); }
  if (CHANNELS > 4u * A_CALL) { compare(r, 4u * A_CALL, height, width, sum, best); }
  if (CHANNELS > 5u * A_CALL) { compare(r, 5u * A_CALL, height, width, sum, best); }
  if (CHANNELS > 6u * A_CALL) { compare(r, 6u * A_CALL, height, width, sum, best); }
  if (CHANNELS > 7u * A_CALL) { compare(r, 7u * A_CALL, height, width, sum, best); }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;
  let channel0 = item % BLOCKS * CHANNELS;
  let tile = item / BLOCKS * LANES + lane;
  // Bounds that the driver does not know keep it from unrolling these loops, whose bodies are long.
  let channels_in = select(0u, IN_CHANNELS, item < WORKGROUPS);
  let rows_in = select(0u, WINDOW_HEIGHT + POOL_HEIGHT - 1u, item < WORKGROUPS);
  let window0 = min(tile, ITEMS - 1u) % TILES * WINDOWS;
  let column0 = window0 * POOL_WIDTH;
  let row = min(tile, ITEMS - 1u) / TILES;
  let oy = row % POOLED_HEIGHT * POOL_HEIGHT;
  let image = replica * X_REPLICA + X_OFFSET + row / POOLED_HEIGHT * (IN_HEIGHT * IN_WIDTH * X_ROW);

  var weight_at: array<u32, VECTORS>;
  for (var v = 0u; v < VECTORS; v++) { weight_at[v] = replica * FILTER_REPLICA + min(channel0 + v * LANES + lane, OUT_CHANNELS - 1u); }

  var sum: Sums;
  var total = Sums();
  var grand = Sums();
  var turn = 0u;
  for (var c = 0u; c < channels_in; c++) {
    var rows: Rows;
    for (var t = 0u; t < rows_in; t++) {
      for (var r = 0u; r + 1u < POOL_HEIGHT; r++) { rows[r] = rows[r + 1u]; }
      let iy = i32(oy + t) - i32(TOP);
      let inside = iy >= 0 && iy < i32(IN_HEIGHT);
      let x_row = image + c + u32(select(0, iy, inside)) * (IN_WIDTH * X_ROW);
      load(0u, x_row, inside, column0, &rows);
      if (SPAN > 16u) { load(16u, x_row, inside, column0, &rows); }
      if (SPAN > 32u) { load(32u, x_row, inside, column0, &rows); }
      if (t + 1u >= POOL_HEIGHT) {
        if (LONG) {
          turn++;
          if (turn % FOLD_TURNS == 0u) { fold_all(&sum, &total); }
          if (HUGE && turn % HUGE_TURNS == 0u) { fold_all(&total, &grand); }
        }
        let tap_row = (t + 1u - POOL_HEIGHT) * WINDOW_WIDTH;
        var weight: Weights;
        for (var v = 0u; v < VECTORS; v++) {
          for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
            weight[v][kw] = f32(filter_[weight_at[v] + (tap_row + kw) * FILTER_TAP + c * FILTER_IN]);
          }
        }
        accumulate_row(0u, &sum, &rows, &weight);
        if (POOL_HEIGHT > 1u) { accumulate_row(1u, &sum, &rows, &weight); }
        if (POOL_HEIGHT > 2u) { accumulate_row(2u, &sum, &rows, &weight); }
        if (POOL_HEIGHT > 3u) { accumulate_row(3u, &sum, &rows, &weight); }
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
  var best: Best;
  compare_row(0u, OUT_HEIGHT - oy, OUT_WIDTH - column0, &sum, &best);
  if (POOL_HEIGHT > 1u) { compare_row(1u, OUT_HEIGHT - oy, OUT_WIDTH - column0, &sum, &best); }
  if (POOL_HEIGHT > 2u) { compare_row(2u, OUT_HEIGHT - oy, OUT_WIDTH - column0, &sum, &best); }
  if (POOL_HEIGHT > 3u) { compare_row(3u, OUT_HEIGHT - oy, OUT_WIDTH - column0, &sum, &best); }

  // Copies, so that what is in registers is never indexed by a variable.
  var result: array<f32, WINDOWS * CHANNELS>;
  var words: array<u32, WINDOWS * BLOCK_WORDS>;
  for (var k = 0u; k < CHANNELS; k++) {
    var start = 0.0;
    if (BIAS) { start = bias[replica * BIAS_REPLICA + min(channel0 + k, OUT_CHANNELS - 1u)]; }
    for (var w = 0u; w < WINDOWS; w++) {
      result[w * CHANNELS + k] = best.value[k][w] + start;
      words[w * BLOCK_WORDS + k / 4u] |= best.winner[k][w] << (k % 4u * 8u);
    }
  }
  let windows = select(0u, min(WINDOWS, POOLED_WIDTH - window0), tile < ITEMS);
  let channels = min(CHANNELS, OUT_CHANNELS - channel0);
  for (var w = 0u; w < windows; w++) {
    let window = row * POOLED_WIDTH + window0 + w;
    for (var k = 0u; k < channels; k++) {
      let channel = channel0 + k;
      let value = epilogue(result[w * CHANNELS + k], 0.0, replica, window * OUT_CHANNELS + channel);
      y[replica * Y_REPLICA + window * Y_ROW + Y_OFFSET + channel] = Activation(value);
    }
    if (ARGMAX) {
      for (var q = 0u; q * 4u < channels; q++) {
        argmax[(replica * TOTAL_WINDOWS + window) * WORDS + channel0 / 4u + q] = words[w * BLOCK_WORDS + q];
      }
    }
  }
}
