// A block of a matrix product through workgroup memory, for GPUs: sums(m,n) = sum over k of left(m,k) right(k,n), begin <= k < end.
// Joined with a shader that has left_quad and right_quad (zero outside the matrices), and main.
//
// A workgroup makes BLOCK_M x BLOCK_N sums, BLOCK_K terms a turn: it loads the next turn's terms into registers, multiplies those in
// workgroup memory, then stores the loaded ones, so that the way to memory is hidden behind the arithmetic. A lane makes THREAD_M rows
// x 4 columns; LANES lanes make the block, and where blocks are few, SLICES such groups each take a part of every turn's terms and add
// up at the end, halving. The order of terms depends on BLOCK_K and SLICES alone, which come from the shape.
//
// `tile` holds the left terms in quads of four k of a row, or (LEFT_COLUMNS) four rows of a k; the right ones in quads of four columns.
// Bank conflicts: rows of quads are an odd number of quads apart, so that lanes in neighbouring rows meet in different banks, to read
// as to write. The lowest bits of a lane's number go by turns to n and m (Z order): then lanes i and i ^ 1 want one left quad, i and
// i ^ 2 one right quad, and NVIDIA serves a subgroup's quads in two passes, not four. So 16 multiply-adds need 2 quads, 4 passes, on
// each of a processor's 4 schedulers: 16 passes in the 16 cycles that the arithmetic takes. With THREAD_M = 8 it is 12 in 16.
// Registers a lane: 4 THREAD_M sums, 20 of operands, 4 for each loaded quad (mostly 4): about 80 with THREAD_M = 4, 110 with 8.
const LANES = LANES_M * LANES_N;
const THREADS = LANES * SLICES;
const SLICE_K = BLOCK_K / SLICES;
const LEFT_ACROSS = select(BLOCK_K, BLOCK_M, LEFT_COLUMNS) / 4u;
const LEFT_LOADS = BLOCK_M * BLOCK_K / 4u;
const RIGHT_LOADS = BLOCK_K * LANES_N;
const LEFT_SLOTS = (LEFT_LOADS + THREADS - 1u) / THREADS;
const RIGHT_SLOTS = (RIGHT_LOADS + THREADS - 1u) / THREADS;

var<workgroup> tile: array<vec4f, TILE_QUADS>;

// The end of a loop to `count`. COMPACT (software drivers, which take seconds to compile long text): an end that the driver does not
// know, since it comes from a number of any kind, keeps it from unrolling.
fn bound(count: u32, number: u32) -> u32 { return select(count, min(count, number + count), COMPACT); }

// Which part of the block a lane makes: rows `m` on, columns 4 n to 4 n + 3.
struct Lane { slice: u32, m: u32, n: u32 }

fn lane_of(local: u32) -> Lane {
  let lane = local % LANES;
  let pairs = max(LANES_N / 2u, 1u);
  if (LANES_N == 1u) { return Lane(local / LANES, lane, 0u); }
  return Lane(local / LANES, ((lane >> 1u) & 1u) | (((lane >> 2u) / pairs) << 1u), (lane & 1u) | (((lane >> 2u) % pairs) << 1u));
}

// The row of the block that a lane's i-th sums are of.
fn row_of(lane: Lane, i: u32) -> u32 {
  return select(lane.m + i * LANES_M, (i / 4u * LANES_M + lane.m) * 4u + i % 4u, LEFT_COLUMNS);
}

struct Sums {
  rows: array<vec4f, THREAD_M>,
  // The sums of `right` alone, as of a row of ones.
  ones: vec4f,
}

// Where `with_ones`, the same in a whole workgroup, is false, the sums of ones are 0. The result is slice 0's.
fn product(local: u32, m0: u32, n0: u32, begin: u32, end: u32, with_ones: bool) -> Sums {
  let lane = lane_of(local);
  var sums: array<vec4f, THREAD_M>;
  var ones = vec4f(0.0);
  // Where there are many terms (LONG), sums go to totals every FOLD_TURNS turns; totals (HUGE) to grand ones every HUGE_TURNS.
  var total: array<vec4f, THREAD_M>;
  var total_ones = vec4f(0.0);
  var grand: array<vec4f, THREAD_M>;
  var grand_ones = vec4f(0.0);
  var next_left: array<vec4f, LEFT_SLOTS>;
  var next_right: array<vec4f, RIGHT_SLOTS>;
  let turns = (end - begin + BLOCK_K - 1u) / BLOCK_K;
  let left_slots = bound(LEFT_SLOTS, local);
  let right_slots = bound(RIGHT_SLOTS, local);
  for (var turn = 0u; turn <= turns; turn++) {
    if (turn < turns) {
      let k0 = begin + turn * BLOCK_K;
      for (var slot = 0u; slot < left_slots; slot++) {
        let load = slot * THREADS + local;
        if (LEFT_LOADS % THREADS == 0u || load < LEFT_LOADS) {
          let across = load % LEFT_ACROSS;
          let down = load / LEFT_ACROSS;
          if (LEFT_COLUMNS) { next_left[slot] = left_quad(m0 + across * 4u, k0 + down, end); }
          else { next_left[slot] = left_quad(m0 + down, k0 + across * 4u, end); }
        }
      }
      for (var slot = 0u; slot < right_slots; slot++) {
        let load = slot * THREADS + local;
        if (RIGHT_LOADS % THREADS == 0u || load < RIGHT_LOADS) {
          if (RIGHT_ALONG_K) { next_right[slot] = right_quad(k0 + load % BLOCK_K, n0 + load / BLOCK_K * 4u, end); }
          else { next_right[slot] = right_quad(k0 + load / LANES_N, n0 + load % LANES_N * 4u, end); }
        }
      }
    }
    if (turn > 0u) {
      let first = lane.slice * SLICE_K;
      for (var k = first; k < first + SLICE_K; k += 4u) {
        var right: array<vec4f, 4>;
        for (var j = 0u; j < 4u; j++) { right[j] = tile[LEFT_QUADS + (k + j) * RIGHT_STRIDE + lane.n]; }
        if (LEFT_COLUMNS) {
          for (var j = 0u; j < 4u; j++) {
            for (var q = 0u; q < THREAD_M / 4u; q++) {
              let left = tile[(k + j) * LEFT_STRIDE + q * LANES_M + lane.m];
              for (var i = 0u; i < 4u; i++) { sums[q * 4u + i] = fma(vec4f(left[i]), right[j], sums[q * 4u + i]); }
            }
          }
        } else {
          for (var i = 0u; i < THREAD_M; i++) {
            let left = tile[(lane.m + i * LANES_M) * LEFT_STRIDE + k / 4u];
            for (var j = 0u; j < 4u; j++) { sums[i] = fma(vec4f(left[j]), right[j], sums[i]); }
          }
        }
      }
      if (with_ones) {
        for (var k = first; k < first + SLICE_K; k++) { ones += tile[LEFT_QUADS + k * RIGHT_STRIDE + lane.n]; }
      }
    }
    if (LONG && turn % FOLD_TURNS == 0u) {
      for (var i = 0u; i < THREAD_M; i++) {
        total[i] += sums[i];
        sums[i] = vec4f(0.0);
      }
      total_ones += ones;
      ones = vec4f(0.0);
    }
    if (HUGE && turn % HUGE_TURNS == 0u) {
      for (var i = 0u; i < THREAD_M; i++) {
        grand[i] += total[i];
        total[i] = vec4f(0.0);
      }
      grand_ones += total_ones;
      total_ones = vec4f(0.0);
    }
    workgroupBarrier();
    if (turn < turns) {
      for (var slot = 0u; slot < left_slots; slot++) {
        let load = slot * THREADS + local;
        if (LEFT_LOADS % THREADS == 0u || load < LEFT_LOADS) {
          tile[load / LEFT_ACROSS * LEFT_STRIDE + load % LEFT_ACROSS] = next_left[slot];
        }
      }
      for (var slot = 0u; slot < right_slots; slot++) {
        let load = slot * THREADS + local;
        if (RIGHT_LOADS % THREADS == 0u || load < RIGHT_LOADS) {
          if (RIGHT_ALONG_K) { tile[LEFT_QUADS + load % BLOCK_K * RIGHT_STRIDE + load / BLOCK_K] = next_right[slot]; }
          else { tile[LEFT_QUADS + load / LANES_N * RIGHT_STRIDE + load % LANES_N] = next_right[slot]; }
        }
      }
    }
    workgroupBarrier();
  }

  if (LONG) {
    for (var i = 0u; i < THREAD_M; i++) { sums[i] += total[i]; }
    ones += total_ones;
  }
  if (HUGE) {
    for (var i = 0u; i < THREAD_M; i++) { sums[i] += grand[i]; }
    ones += grand_ones;
  }
  for (var half = bound(SLICES, m0) / 2u; half > 0u; half /= 2u) {
    if (lane.slice >= half && lane.slice < 2u * half) {
      let at = (lane.slice - half) * (THREAD_M + 1u) * LANES + local % LANES;
      for (var i = 0u; i < THREAD_M; i++) { tile[at + i * LANES] = sums[i]; }
      if (with_ones) { tile[at + THREAD_M * LANES] = ones; }
    }
    workgroupBarrier();
    if (lane.slice < half) {
      let at = lane.slice * (THREAD_M + 1u) * LANES + local % LANES;
      for (var i = 0u; i < THREAD_M; i++) { sums[i] += tile[at + i * LANES]; }
      if (with_ones) { ones += tile[at + THREAD_M * LANES]; }
    }
    workgroupBarrier();
  }
  return Sums(sums, ones);
}
