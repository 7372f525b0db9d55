// One step of an optimizer for all parameters of an arena, in one dispatch: w = moved(w, g).
// g is the sum of the gradient's partial sums, in order, times what clipping leaves of it (CLIPPED), plus weight decay times w (L2);
// decoupled decay (DECAYS) takes rate * decay * w away before. Where PRUNES, a w of 0 stays 0 in segments that keep zeros.
// The rule, one of the files beside this one: `Rates`, what a step needs for each replica; rates_of(replica); moved(w, g, at, rates), the
// new parameters, which moves the moments at the same offset. What depends on the precision: update-f32.wgsl, update-mixed.wgsl.
// Work: a workgroup updates a chunk of CHUNK elements of one segment, four at a time.
//#import state
//#import segments
//#import schedule
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> first_moments: array<vec4f>;

fn learning_rate(replica: u32) -> f32 { return state_learning_rate(replica) * schedule_factor(state[0]); }

@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) count: vec3u,
  @builtin(local_invocation_index) local: u32,
) {
  let chunk = workgroup.y * count.x + workgroup.x;
  if (chunk >= chunks()) { return; }
  let segment = segment_at(chunk);
  let first = first_element(chunk);
  if (skips_update(segment.replica)) { return; }
  var factor = gradient_factor(segment.replica);
  if (CLIPPED) { factor *= state_clip(segment.replica); }
  let rates = rates_of(segment.replica);
  let end = min(first + CHUNK, segment.length);
  for (var i = first + local * 4u; i < end; i += WORKGROUP * 4u) {
    let at = (segment.parameter + i) / 4u;
    let w = parameters[at];
    let g = whole_gradient(segment, i, factor, w);
    var decayed = w;
    if (DECAYS) { decayed -= learning_rate(segment.replica) * segment.decay * w; }
    var next = moved(decayed, g, at, rates);
    var pruned = vec4<bool>(false);
    if (PRUNES) {
      pruned = (w == vec4f(0.0)) & vec4<bool>(segment.keeps_zeros);
      next = select(next, vec4f(0.0), pruned);
    }
    keep(at, next);
    keep_average(segment.replica, at, next, pruned);
  }
}
