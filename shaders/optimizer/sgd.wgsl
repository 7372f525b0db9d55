// Stochastic gradient descent with momentum, for all parameters of an arena in one dispatch:
//   m = MOMENTUM m + g;  w -= rate m
// g is the sum of the gradient's partial sums, in order, plus weight decay times w (L2).
// What depends on the precision: update-f32.wgsl, update-mixed.wgsl.
// Work: a workgroup updates a chunk of CHUNK elements of one segment, four at a time.
//#import state
//#import segments
//#import schedule
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first_moments: array<vec4f>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let chunk = workgroup.y * GRID_X + workgroup.x;
  if (chunk >= CHUNKS) { return; }
  let segment = segment_at(chunk);
  let first = table[chunk * 2u + 1u];
  if (skips_update(segment.replica)) { return; }
  let factor = gradient_factor(segment.replica);
  let rate = state_learning_rate(segment.replica) * schedule_factor(state[0]);
  let end = min(first + CHUNK, segment.length);
  for (var i = first + local * 4u; i < end; i += WORKGROUP * 4u) {
    let at = (segment.parameter + i) / 4u;
    let w = parameters[at];
    var m = whole_gradient(segment, i, factor, w);
    if (MOMENTUM != 0.0) {
      m += MOMENTUM * first_moments[at];
      first_moments[at] = m;
    }
    keep(at, w - rate * m);
  }
}
