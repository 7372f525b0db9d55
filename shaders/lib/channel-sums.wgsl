// Sums of TILE pixels x CHANNELS channels that an invocation keeps in registers, folded four channels at a time.
//#import fold-parts
alias Sums = array<array<f32, CHANNELS>, TILE>;
const PARTS = (CHANNELS + 3u) / 4u;
// As many as the importing file's calls of accumulate go through.
const_assert CHANNELS <= 32u;

fn fold(part: u32, sum: ptr<function, Sums>, total: ptr<function, Sums>) {
  for (var j = 0u; j < 4u; j++) {
    let k = part * 4u + j;
    if (k < CHANNELS) {
      for (var p = 0u; p < TILE; p++) {
        total[p][k] += sum[p][k];
        sum[p][k] = 0.0;
      }
    }
  }
}
