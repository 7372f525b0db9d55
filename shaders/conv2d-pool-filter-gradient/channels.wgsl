// The gradient of a convolution's filter and bias from that of its maximum-pooled output, where a subgroup is a vector register of
// the CPU. Formula, layouts and bindings are those of windows.wgsl.
// Work: a lane is an output channel; a subgroup sums, in registers, all taps of IN_BLOCK input channels for OUT_VECTORS vectors of
// output channels. A turn takes WINDOWS neighbouring windows of a row: it loads the pixels that any of their winners could see, a row
// of them a vector; each lane then picks those that its own winners see, by shuffles along a row and by selecting among POOL_HEIGHT
// rows.
// A workgroup is one subgroup; workgroups run along output blocks first, then input blocks; z = replica x splits + split. Those of
// the first inputs also make the bias.
enable subgroups;
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read> argmax: array<u32>;
@group(0) @binding(3) var<storage, read_write> filter_: array<f32>;
@group(0) @binding(4) var<storage, read_write> bias: array<f32>;

const TAPS = WINDOW_HEIGHT * WINDOW_WIDTH;
const SEEN_ROWS = (POOL_HEIGHT - 1u) * STRIDE_HEIGHT + (WINDOW_HEIGHT - 1u) * DILATION_HEIGHT + 1u;

alias Seen = array<array<f32, SEEN_ROWS>, IN_BLOCK>;
alias Sums = array<array<array<f32, TAPS>, OUT_VECTORS>, IN_BLOCK>;
// The winner of each window and channel, as row and column among the pixels seen, and its gradient.
struct Winner { gradient: f32, row: u32, column: u32 }
alias Winners = array<array<Winner, WINDOWS>, OUT_VECTORS>;

// Adds the winners of vector v to one row of taps of input i. Drivers unroll loops up to a size, which one over all would exceed.
fn add_row(kh: u32, i: u32, v: u32, winners: ptr<function, Winners>, seen: ptr<function, Seen>, sum: ptr<function, Sums>) {
  for (var kw = 0u; kw < WINDOW_WIDTH; kw++) {
    var partial = sum[i][v][kh * WINDOW_WIDTH + kw];
    for (var w = 0u; w < WINDOWS; w++) {
      let column = winners[v][w].column + kw * DILATION_WIDTH;
      var value = subgroupShuffle(seen[i][kh * DILATION_HEIGHT], column);
      for (var r = 1u; r < POOL_HEIGHT; r++) {
        value = select(value, subgroupShuffle(seen[i][r * STRIDE_HEIGHT + kh * DILATION_HEIGHT], column), winners[v][w].row == r);
      }
      partial = fma(value, winners[v][w].gradient, partial);
    }
    sum[i][v][kh * WINDOW_WIDTH + kw] = partial;
  }
}

fn add_vector(i: u32, v: u32, winners: ptr<function, Winners>, seen: ptr<function, Seen>, sum: ptr<function, Sums>) {
  add_row(0u, i, v, winners, seen, sum);
  if (WINDOW_HEIGHT > 1u) { add_row(1u, i, v, winners, seen, sum); }
  if (WINDOW_HEIGHT > 2u) { add_row(2u, i, v, winners, seen, sum); }
  if (WINDOW_HEIGHT > 3u) { add_row(3u, i, v, winners, seen, sum); }
  if (WINDOW_HEIGHT > 4u) { add_row(4u, i, v, winners, seen, sum); }
  if (WINDOW_HEIGHT > 5u) { add_row(5u, i, v, winners, seen, sum); }
  if (WINDOW_HEIGHT > 6u) { add_row(6u, i, v, winners, seen, sum); }
}

fn add_input(i: u32, winners: ptr<function, Winners>, seen: ptr<function, Seen>, sum: ptr<function, Sums>) {
  add_vector(i, 0u, winners, seen, sum);
  if (OUT_VECTORS > 1u) { add_vector(i, 1u, winners, seen, sum); }
  if (OUT_VECTORS > 2u) { add_vector(i, 2u, winners, seen, sum); }
  if (OUT_VECTORS > 3u) { add_vector(i, 3u, winners, seen, sum); }
}

// Adds the sums of input i and vector v to the totals, where there are many terms (LONG), or totals to grand ones (HUGE), and begins anew.
fn fold(i: u32, v: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  for (var tap = 0u; tap < TAPS; tap++) {
    total[i][v][tap] += sum[i][v][tap];
    sum[i][v][tap] = 0.0;
  }
}

fn fold_input(i: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  fold(i, 0u, sum, total);
  if (OUT_VECTORS > 1u) { fold(i, 1u, sum, total); }
  if (OUT_VECTORS > 2u) { fold(i, 2u, sum, total); }
  if (OUT_VECTORS > 3u) { fold(i, 3u, sum, total); }
}

fn fold_all(sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  fold_input(0u, sum, total);
  if (IN_BLOCK > 1u) { fold_input(1u, sum, total); }
  if (IN_BLOCK > 2u) { fold_input(2u, sum, total); }
  if (IN_BLOCK > 3u) { fold_input(3u, sum, total); }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z / SPLITS;
  let split = workgroup.z % SPLITS;
  let channel0 = item % OUT_BLOCKS * (OUT_VECTORS * LANES);
  let c0 = item / OUT_BLOCKS * IN_BLOCK;
  let x_base = replica * X_REPLICA + X_OFFSET;

  var sum: Sums;
  var total = Sums();
  var grand = Sums();
  var bias_sum: array<f32, OUT_VECTORS>;
  var bias_total: array<f32, OUT_VECTORS>;
  var bias_grand: array<f32, OUT_VECTORS>;
  let end = select(0u, min((split + 1u) * TURNS_PER_SPLIT, TURNS), item < ITEMS);
  for (var turn = split * TURNS_PER_SPLIT; turn < end; turn++) {
    if (LONG && turn % FOLD_TURNS == 0u) {
      fold_all(&sum, &total);
      for (var v = 0u; v < OUT_VECTORS; v++) {
        bias_total[v] += bias_sum[v];
        bias_sum[v] = 0.0;
      }
    }
    if (HUGE && turn % HUGE_TURNS == 0u) {
      fold_all(&total, &grand);
      for (var v = 0u; v < OUT_VECTORS; v++) {
        bias_grand[v] += bias_total[v];
        bias_total[v] = 0.0;
      }
    }
    let row = turn / TURNS_A_ROW;
    let first = turn % TURNS_A_ROW * WINDOWS;
    let image = x_base + row / POOLED_HEIGHT * (IN_HEIGHT * IN_WIDTH * X_ROW);
    let ix = i32(first * (POOL_WIDTH * STRIDE_WIDTH) + lane) - i32(LEFT);
    let column_inside = ix >= 0 && ix < i32(IN_WIDTH);
    var seen: Seen;
    for (var i = 0u; i < IN_BLOCK; i++) {
      for (var r = 0u; r < SEEN_ROWS; r++) {
        let iy = i32(row % POOLED_HEIGHT * (POOL_HEIGHT * STRIDE_HEIGHT) + r) - i32(TOP);
        let inside = column_inside && iy >= 0 && iy < i32(IN_HEIGHT);
        let at = image + u32(select(0, iy * i32(IN_WIDTH) + ix, inside)) * X_ROW + min(c0 + i, IN_CHANNELS - 1u);
        seen[i][r] = select(0.0, f32(x[at]), inside);
      }
    }
    var winners: Winners;
    for (var w = 0u; w < WINDOWS; w++) {
      let exists = POOLED_WIDTH % WINDOWS == 0u || first + w < POOLED_WIDTH;
      let at = row * POOLED_WIDTH + select(first, first + w, exists);
      // The words of all vectors: OUT_VECTORS * LANES / 4 are at most LANES.
      let words = argmax[(replica * TOTAL_WINDOWS + at) * WORDS + min(channel0 / 4u + lane, WORDS - 1u)];
      for (var v = 0u; v < OUT_VECTORS; v++) {
        let k = min(channel0 + v * LANES + lane, OUT_CHANNELS - 1u);
        let winner = (subgroupShuffle(words, (v * LANES + lane) / 4u) >> (lane % 4u * 8u)) & 255u;
        let gradient = select(0.0, f32(dy[replica * DY_REPLICA + at * DY_ROW + DY_OFFSET + k]), exists);
        winners[v][w] = Winner(gradient, winner / POOL_WIDTH, (w * POOL_WIDTH + winner % POOL_WIDTH) * STRIDE_WIDTH);
        bias_sum[v] += gradient;
      }
    }
    add_input(0u, &winners, &seen, &sum);
    if (IN_BLOCK > 1u) { add_input(1u, &winners, &seen, &sum); }
    if (IN_BLOCK > 2u) { add_input(2u, &winners, &seen, &sum); }
    if (IN_BLOCK > 3u) { add_input(3u, &winners, &seen, &sum); }
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
  var result = sum;
  let inputs = select(0u, min(IN_BLOCK, IN_CHANNELS - c0), item < ITEMS);
  for (var v = 0u; v < OUT_VECTORS; v++) {
    let k = channel0 + v * LANES + lane;
    if (k < OUT_CHANNELS) {
      for (var i = 0u; i < inputs; i++) {
        for (var tap = 0u; tap < TAPS; tap++) {
          filter_[workgroup.z * FILTER_LENGTH + (tap * IN_CHANNELS + c0 + i) * OUT_CHANNELS + k] = result[i][v][tap];
        }
      }
      if (BIAS && c0 == 0u && item < ITEMS) { bias[workgroup.z * BIAS_LENGTH + k] = bias_sum[v] + bias_total[v] + bias_grand[v]; }
    }
  }
}
