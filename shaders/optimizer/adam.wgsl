// Adam (Kingma, Ba 2015) with bias correction, for all parameters of an arena in one dispatch:
//   m = B1 m + (1 - B1) g;  v = B2 v + (1 - B2) g^2;  w -= rate (m / (1 - B1^t)) / (sqrt(v / (1 - B2^t)) + EPSILON)
// REST1 and REST2 are 1 - B1 and 1 - B2, rounded once: 1 - 0.999 in f32 would be off by 1e-5.
// g is the sum of the gradient's partial sums, in order, plus weight decay times w (L2).
// t is the updates made, this one included; what else depends on the precision: update-f32.wgsl, update-mixed.wgsl.
// Work: a workgroup updates a chunk of CHUNK elements of one segment, four at a time.
//#import state
//#import segments
//#import schedule
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first_moments: array<vec4f>;
@group(0) @binding(5) var<storage, read_write> second_moments: array<vec4f>;

// 1 - beta^t without cancellation, from ln beta: -expm1(t ln beta), by its series where the result is small.
fn bias_correction(log_beta: f32, t: f32) -> f32 {
  let x = t * log_beta;
  let series = -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0))))));
  return select(1.0 - exp(x), series, x > -0.4);
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let chunk = workgroup.y * GRID_X + workgroup.x;
  if (chunk >= CHUNKS) { return; }
  let segment = segment_at(chunk);
  let first = table[chunk * 2u + 1u];
  if (skips_update(segment.replica)) { return; }
  let factor = gradient_factor(segment.replica);
  let t = f32(updates_made(segment.replica) + 1u);
  let rate = state_learning_rate(segment.replica) * schedule_factor(state[0]) / bias_correction(LOG_BETA1, t);
  let second_scale = 1.0 / bias_correction(LOG_BETA2, t);
  let end = min(first + CHUNK, segment.length);
  for (var i = first + local * 4u; i < end; i += WORKGROUP * 4u) {
    let at = (segment.parameter + i) / 4u;
    let w = parameters[at];
    let g = whole_gradient(segment, i, factor, w);
    let m = BETA1 * first_moments[at] + REST1 * g;
    let v = BETA2 * second_moments[at] + REST2 * g * g;
    first_moments[at] = m;
    second_moments[at] = v;
    keep(at, w - rate * m / (sqrt(v * second_scale) + EPSILON));
  }
}
