// Multiply-adds into 24 independent sums, six after the other so that a CPU's 16 vector registers hold what they need: what an
// adapter computes when nothing else holds it up. The bound comes from a buffer, so that no driver can do the sums beforehand.
@group(0) @binding(0) var<storage, read> turns: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<f32>;

// Six sums, 24 times. A function with a literal place, since drivers unroll loops only up to a length.
fn add_to_six(first: u32, sums: ptr<function, array<f32, 24>>, start: f32, factor: f32) {
  var x = start;
  for (var j = 0u; j < 24u; j++) {
    x += 0.25;
    for (var i = 0u; i < 6u; i++) { sums[first + i] = fma(x, factor + f32(i), sums[first + i]); }
  }
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(global_invocation_id) id: vec3u) {
  var sums: array<f32, 24>;
  let factor = f32(id.x & 15u);
  let end = turns[0];
  for (var turn = 0u; turn < end; turn++) {
    let start = f32(turn & 15u);
    add_to_six(0u, &sums, start, factor);
    add_to_six(6u, &sums, start + 7.0, factor);
    add_to_six(12u, &sums, start + 14.0, factor);
    add_to_six(18u, &sums, start + 21.0, factor);
  }
  var total = 0.0;
  for (var i = 0u; i < 24u; i++) { total += sums[i]; }
  y[id.x] = total;
}
