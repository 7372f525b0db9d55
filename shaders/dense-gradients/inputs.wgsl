// All gradients of a dense layer of few outputs in one pass, where a subgroup is a vector register of the CPU:
// dx[n,i] = epilogue(sum over o of dy[n,o] weights[i,o]), and over the rows n of each split of the batch
// weight_gradient[split,i,o] = sum of x[n,i] dy[n,o], bias_gradient[split,o] = sum of dy[n,o] (BIAS).
// Layouts: views dy [BATCH,OUTPUTS] and x, saved, dx [BATCH,INPUTS]; weights [INPUTS,OUTPUTS].
// Work: a lane is an input, with its weights and the sums of their gradients in registers, and goes down the PER_SPLIT rows of a split; it loads
// one element of dy, and a shuffle gives it to all lanes. A workgroup is one subgroup; z = replica.
enable subgroups;
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> dy: array<Activation>;
@group(0) @binding(1) var<storage, read> weights: array<Weight>;
@group(0) @binding(2) var<storage, read> x: array<Activation>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> dx: array<Activation>;
@group(0) @binding(6) var<storage, read_write> weight_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> bias_gradient: array<f32>;

// Vectors of a row of dy.
const GROUPS = (OUTPUTS + LANES - 1u) / LANES;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;
  let split = quotient(item, divisor(BLOCKS));
  let block = item - split * BLOCKS;
  let input = block * LANES + lane;
  let own = min(input, INPUTS - 1u);
  // A bound that the driver does not know keeps it from unrolling loads and stores.
  let outputs = select(0u, OUTPUTS, item < BLOCKS * SPLITS);

  var weight: array<f32, OUTPUTS>;
  for (var o = 0u; o < outputs; o++) { weight[o] = f32(weights[replica * WEIGHTS_REPLICA + own * OUTPUTS + o]); }

  var sum = array<f32, OUTPUTS>();
  var bias_sum = array<f32, GROUPS>();
  let end = min((split + 1u) * PER_SPLIT, BATCH);
  for (var row = split * PER_SPLIT; row < end; row++) {
    var value: array<f32, GROUPS>;
    for (var g = 0u; g < GROUPS; g++) {
      value[g] = f32(dy[replica * DY_REPLICA + DY_OFFSET + row * DY_ROW + min(g * LANES + lane, OUTPUTS - 1u)]);
      if (BIAS) { bias_sum[g] += value[g]; }
    }
    let factor = f32(x[replica * X_REPLICA + X_OFFSET + row * X_ROW + own]);
    var result = 0.0;
    for (var o = 0u; o < OUTPUTS; o++) {
      let one = subgroupShuffle(value[o / LANES], o % LANES);
      result = fma(one, weight[o], result);
      sum[o] = fma(one, factor, sum[o]);
    }
    if (input < INPUTS) {
      var kept = 0.0;
      if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + SAVED_OFFSET + row * SAVED_ROW + input]); }
      dx[replica * DX_REPLICA + DX_OFFSET + row * DX_ROW + input] = Activation(epilogue(result, kept, replica, row * INPUTS + input));
    }
  }

  // A copy, so that the sums themselves are never indexed by a variable.
  var rest = sum;
  let layer = replica * SPLITS + split;
  if (input < INPUTS) {
    for (var o = 0u; o < outputs; o++) { weight_gradient[layer * WEIGHTS_LENGTH + input * OUTPUTS + o] = rest[o]; }
  }
  if (BIAS && block == 0u && outputs > 0u) {
    for (var g = 0u; g < GROUPS; g++) {
      if (g * LANES + lane < OUTPUTS) { bias_gradient[layer * BIAS_LENGTH + g * LANES + lane] = bias_sum[g]; }
    }
  }
}
