// Clipping by the global norm (Pascanu, Mikolov, Bengio 2013): a replica's factor min(1, NORM / |g|), left in the training state, where |g| is
// over all its gradients, without loss scale (SCALED) and weight decay. A gradient that is NaN or infinite is left so: the factor is 1 or 0.
// Lanes add strided chunks, then lane 0 adds the lanes in order: an order that depends on the parameters alone.
// Work: a workgroup a replica.
//#import state
//#import long-sum
@group(0) @binding(0) var<storage, read> squares: array<vec2f>;
@group(0) @binding(1) var<storage, read_write> state: array<u32>;

alias Term = vec2f;
var<workgroup> partial: array<vec2f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let given = workgroup.y * GRID_X + workgroup.x;
  let replica = min(given, REPLICAS - 1u);
  var sum = LongSum();
  for (var chunk = local; chunk < CHUNKS_PER_REPLICA; chunk += WORKGROUP) { add_term(&sum, squares[replica * CHUNKS_PER_REPLICA + chunk]); }
  partial[local] = total_of(sum);
  workgroupBarrier();
  if (local == 0u && given < REPLICAS) {
    var total = vec2f(0.0);
    for (var lane = 0u; lane < WORKGROUP; lane++) { total += partial[lane]; }
    // By the bits: a driver may take it that no number is infinite.
    let overflows = (bitcast<u32>(total.x) & 0x7fffffffu) == 0x7f800000u;
    var norm = select(sqrt(total.x), sqrt(total.y) * 1180591620717411303424.0, overflows);
    if (SCALED) { norm /= state_loss_scale(replica); }
    state[15u + 8u * replica] = bitcast<u32>(select(1.0, NORM / norm, norm > NORM));
  }
}
