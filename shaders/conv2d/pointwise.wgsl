// Convolution with a window of one pixel, forward and TRANSPOSED, of few channels, where a subgroup is a vector register of the CPU.
// Formula, layouts and bindings are those of direct.wgsl.
// Work: a lane makes all channels of a pixel at once, in text without an inner loop, so that nothing but the weights lives longer than
// a turn; shuffles spread the weights, which are loaded LANES at a time. A workgroup is one subgroup, which walks down CHUNK pixels;
// z = replica.
enable subgroups;
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> filter_: array<Weight>;
@group(0) @binding(2) var<storage, read> bias: array<f32>;
@group(0) @binding(3) var<storage, read> saved: array<Activation>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;

const WEIGHTS = IN_CHANNELS * OUT_CHANNELS;
const WEIGHT_VECTORS = (WEIGHTS + LANES - 1u) / LANES;
const BIAS_VECTORS = (OUT_CHANNELS + LANES - 1u) / LANES;

@compute @workgroup_size(LANES)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) lane: u32) {
  let item = workgroup.y * GRID_X + workgroup.x;
  let replica = workgroup.z;

  var packed: array<f32, WEIGHT_VECTORS>;
  for (var v = 0u; v < WEIGHT_VECTORS; v++) { packed[v] = f32(filter_[replica * FILTER_REPLICA + min(v * LANES + lane, WEIGHTS - 1u)]); }
  var weight: array<f32, WEIGHTS>;
  for (var w = 0u; w < WEIGHTS; w++) { weight[w] = subgroupShuffle(packed[w / LANES], w % LANES); }
  var start: array<f32, OUT_CHANNELS>;
  if (BIAS) {
    var offsets: array<f32, BIAS_VECTORS>;
    for (var v = 0u; v < BIAS_VECTORS; v++) { offsets[v] = bias[replica * BIAS_REPLICA + min(v * LANES + lane, OUT_CHANNELS - 1u)]; }
    for (var k = 0u; k < OUT_CHANNELS; k++) { start[k] = subgroupShuffle(offsets[k / LANES], k % LANES); }
  }

  let end = min((item + 1u) * CHUNK, PIXELS);
  for (var pixel = item * CHUNK + lane; pixel < end; pixel += LANES) {
    let x_at = replica * X_REPLICA + X_OFFSET + pixel * X_ROW;
    let y_at = replica * Y_REPLICA + Y_OFFSET + pixel * Y_ROW;
    let saved_at = replica * SAVED_REPLICA + SAVED_OFFSET + pixel * SAVED_ROW;
    var value: array<f32, IN_CHANNELS>;
    for (var c = 0u; c < IN_CHANNELS; c++) { value[c] = f32(x[x_at + c]); }
    for (var k = 0u; k < OUT_CHANNELS; k++) {
      var sum = start[k];
      for (var c = 0u; c < IN_CHANNELS; c++) { sum = fma(value[c], weight[c * FILTER_IN + k * FILTER_OUT], sum); }
      var kept = 0.0;
      if (EPILOGUE_GRADIENT) { kept = f32(saved[saved_at + k]); }
      y[y_at + k] = Activation(epilogue(sum, kept, replica, pixel * OUT_CHANNELS + k));
    }
  }
}
