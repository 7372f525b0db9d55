// Matrix product in registers, for drivers whose subgroup is one vector register of the CPU. What y, a, b, bias, saved and ones are:
// direct.wgsl. One factor is the lanes' own (a where OWN_A: a lane is a row m; else b: a lane is a column n), the other is spread:
// a lane loads one element of it and a shuffle gives it to all lanes, because there a load costs as much as 50 multiply-adds.
// The own factor lies at OWN_OFFSET + index OWN_INDEX + k OWN_K, the spread one likewise.
// Work: a workgroup is a subgroup and makes OWN LANES x GROUPS LANES outputs, TURN terms of the sum a turn. Where the spread
// factor's k are neighbours in memory (PACKED) a vector of it holds TURN k of LANES / TURN indices, else one k of LANES indices.
// Indices beyond the end are clamped when loaded and masked when stored. Workgroups run along the spread index first;
// z = replica x splits + split.
enable subgroups;
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> a: array<FactorA>;
@group(0) @binding(1) var<storage, read> b: array<FactorB>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Result>;
@group(0) @binding(6) var<storage, read_write> ones: array<f32>;

alias Sums = array<array<f32, LANES * OWN>, GROUPS>;

fn own_at(index: u32) -> f32 {
  if (OWN_A) { return f32(a[index]); }
  return f32(b[index]);
}

fn spread_at(index: u32) -> f32 {
  if (OWN_A) { return f32(b[index]); }
  return f32(a[index]);
}

// One group of LANES spread indices. A function with a literal group, since the driver unrolls no loop of above 830 operations,
// and an array under an index that is not literal leaves the registers.
fn accumulate(sums: ptr<function, Sums>, group: u32, own: ptr<function, array<array<f32, TURN>, OWN>>, spread: array<f32, TURN>) {
  for (var j = 0u; j < LANES; j++) {
    var one: array<f32, TURN>;
    for (var t = 0u; t < TURN; t++) {
      if (PACKED) { one[t] = subgroupShuffle(spread[j * TURN / LANES], j * TURN % LANES + t); } else { one[t] = subgroupShuffle(spread[t], j); }
    }
    for (var i = 0u; i < OWN; i++) {
      var sum = (*sums)[group][j * OWN + i];
      for (var t = 0u; t < TURN; t++) { sum = fma((*own)[i][t], one[t], sum); }
      (*sums)[group][j * OWN + i] = sum;
    }
  }
}

// Adds the sums of a group to the totals, where there are many terms (LONG), or totals to grand ones (HUGE), and begins anew.
fn fold(sums: ptr<function, Sums>, total: ptr<function, Sums>, group: u32) {
  for (var j = 0u; j < LANES * OWN; j++) {
    (*total)[group][j] += (*sums)[group][j];
    (*sums)[group][j] = 0.0;
  }
}

fn fold_all(sums: ptr<function, Sums>, total: ptr<function, Sums>) {
  fold(sums, total, 0u);
  if (GROUPS > 1u) { fold(sums, total, 1u % GROUPS); }
  if (GROUPS > 2u) { fold(sums, total, 2u % GROUPS); }
  if (GROUPS > 3u) { fold(sums, total, 3u % GROUPS); }
  if (GROUPS > 4u) { fold(sums, total, 4u % GROUPS); }
  if (GROUPS > 5u) { fold(sums, total, 5u % GROUPS); }
  if (GROUPS > 6u) { fold(sums, total, 6u % GROUPS); }
}

fn store(replica: u32, layer: u32, own: u32, spread: u32, sum: f32) {
  let m = select(spread, own, OWN_A);
  let n = select(own, spread, OWN_A);
  if (n >= N) { return; }
  if (m < M) {
    var value = sum;
    if (BIAS) { value += bias[replica * BIAS_REPLICA + n]; }
    var kept = 0.0;
    if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + m * SAVED_ROW + SAVED_OFFSET + n]); }
    y[layer * Y_REPLICA + m * Y_ROW + Y_OFFSET + n] = Result(epilogue(value, kept, replica, m * N + n));
  } else if (ONES && m == M) {
    ones[layer * ONES_LENGTH + n] = sum;
  }
}

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let block = workgroup.y * GRID_X + workgroup.x;
  let replica = quotient(workgroup.z, divisor(SPLITS));
  let split = workgroup.z - replica * SPLITS;
  let own_block = quotient(block, divisor(GROUP_BLOCKS));
  let own0 = own_block * (OWN * LANES) + lane;
  let spread0 = (block - own_block * GROUP_BLOCKS) * (GROUPS * LANES);

  var sums: Sums;
  var total = Sums();
  var grand = Sums();
  var turns = 0u;
  let end = min((split + 1u) * K_PER_SPLIT, K);
  for (var k = split * K_PER_SPLIT; k < end; k += TURN) {
    if (LONG) {
      turns++;
      if (turns % FOLD_TURNS == 0u) { fold_all(&sums, &total); }
      if (HUGE && turns % HUGE_TURNS == 0u) { fold_all(&total, &grand); }
    }
    var own: array<array<f32, TURN>, OWN>;
    for (var i = 0u; i < OWN; i++) {
      let index = own0 + i * LANES;
      for (var t = 0u; t < TURN; t++) {
        own[i][t] = own_at(replica * OWN_REPLICA + OWN_OFFSET + min(index, OWN_LAST) * OWN_INDEX + (k + t) * OWN_K);
        if (ONES && OWN_A) { own[i][t] = select(own[i][t], 1.0, index == M); }
      }
    }
    var spread: array<array<f32, TURN>, GROUPS>;
    for (var g = 0u; g < GROUPS; g++) {
      for (var t = 0u; t < TURN; t++) {
        let index = spread0 + g * LANES + select(lane, t * (LANES / TURN) + lane / TURN, PACKED);
        spread[g][t] = spread_at(replica * SPREAD_REPLICA + SPREAD_OFFSET + min(index, SPREAD_LAST) * SPREAD_INDEX + (k + select(t, lane % TURN, PACKED)) * SPREAD_K);
        if (ONES && !OWN_A) { spread[g][t] = select(spread[g][t], 1.0, index == M); }
      }
    }
    accumulate(&sums, 0u, &own, spread[0]);
    if (GROUPS > 1u) { accumulate(&sums, 1u % GROUPS, &own, spread[1u % GROUPS]); }
    if (GROUPS > 2u) { accumulate(&sums, 2u % GROUPS, &own, spread[2u % GROUPS]); }
    if (GROUPS > 3u) { accumulate(&sums, 3u % GROUPS, &own, spread[3u % GROUPS]); }
    if (GROUPS > 4u) { accumulate(&sums, 4u % GROUPS, &own, spread[4u % GROUPS]); }
    if (GROUPS > 5u) { accumulate(&sums, 5u % GROUPS, &own, spread[5u % GROUPS]); }
    if (GROUPS > 6u) { accumulate(&sums, 6u % GROUPS, &own, spread[6u % GROUPS]); }
  }

  if (LONG) {
    fold_all(&sums, &total);
    if (HUGE) {
      fold_all(&total, &grand);
      total = grand;
    }
    sums = total;
  }
  // A copy, so that the sums themselves are never indexed by a variable. Stores of which each has its own text take long to compile:
  // a bound that the driver does not know keeps it from unrolling the loop.
  var rest: array<f32, GROUPS * LANES * OWN>;
  for (var g = 0u; g < GROUPS; g++) {
    for (var j = 0u; j < LANES * OWN; j++) { rest[g * LANES * OWN + j] = sums[g][j]; }
  }
  let count = select(0u, OWN, block < BLOCKS) * min(GROUPS * LANES, SPREAD_COUNT - min(spread0, SPREAD_COUNT));
  for (var at = 0u; at < count; at++) { store(replica, workgroup.z, own0 + at % OWN * LANES, spread0 + at / OWN, rest[at]); }
}
