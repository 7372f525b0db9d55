// The weights of a separable convolution in registers: `depthwise` [KH,KW,1,C] and `filter_` [1,1,C,K], loaded LANES at a time and spread
// by shuffles; each pushes the others up, so that the text has one load, under a bound that the driver does not know.
const TAPS = WINDOW_HEIGHT * WINDOW_WIDTH;
const DEPTHWISE_WEIGHTS = TAPS * IN_CHANNELS;
const PIXEL_WEIGHTS = IN_CHANNELS * OUT_CHANNELS;
const DEPTHWISE_VECTORS = (DEPTHWISE_WEIGHTS + LANES - 1u) / LANES;
const PIXEL_VECTORS = (PIXEL_WEIGHTS + LANES - 1u) / LANES;

alias Depthwise = array<array<f32, TAPS>, IN_CHANNELS>;
alias Pixelwise = array<array<f32, OUT_CHANNELS>, IN_CHANNELS>;

fn load_weights(replica: u32, lane: u32, weight: ptr<function, Depthwise>, pixel_weight: ptr<function, Pixelwise>) {
  var packed: array<f32, DEPTHWISE_VECTORS>;
  for (var v = 0u; v < select(0u, DEPTHWISE_VECTORS, lane < LANES); v++) {
    for (var i = 0u; i + 1u < DEPTHWISE_VECTORS; i++) { packed[i] = packed[i + 1u]; }
    packed[DEPTHWISE_VECTORS - 1u] = f32(depthwise[replica * DEPTHWISE_REPLICA + min(v * LANES + lane, DEPTHWISE_WEIGHTS - 1u)]);
  }
  for (var c = 0u; c < IN_CHANNELS; c++) {
    for (var tap = 0u; tap < TAPS; tap++) {
      let w = tap * IN_CHANNELS + c;
      weight[c][tap] = subgroupShuffle(packed[w / LANES], w % LANES);
    }
  }
  var pixel_packed: array<f32, PIXEL_VECTORS>;
  for (var v = 0u; v < select(0u, PIXEL_VECTORS, lane < LANES); v++) {
    for (var i = 0u; i + 1u < PIXEL_VECTORS; i++) { pixel_packed[i] = pixel_packed[i + 1u]; }
    pixel_packed[PIXEL_VECTORS - 1u] = f32(filter_[replica * FILTER_REPLICA + min(v * LANES + lane, PIXEL_WEIGHTS - 1u)]);
  }
  for (var c = 0u; c < IN_CHANNELS; c++) {
    for (var k = 0u; k < OUT_CHANNELS; k++) {
      let w = c * OUT_CHANNELS + k;
      pixel_weight[c][k] = subgroupShuffle(pixel_packed[w / LANES], w % LANES);
    }
  }
}
