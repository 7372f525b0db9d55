// The squares of a chunk of a gradient, added up: squares[replica, chunk] = { sum of g^2, sum of (2^-70 g)^2 }, the second for gradients whose
// squares overflow. g is the sum of the gradient's partial sums; a chunk is counted among its replica's.
// Work: a workgroup adds up a chunk of CHUNK elements of one segment, four at a time, then lane 0 the lanes in order.
//#import segments
@group(0) @binding(0) var<storage, read> table: array<u32>;
@group(0) @binding(1) var<storage, read> gradients: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> squares: array<vec2f>;

var<workgroup> partial: array<vec2f, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  // Workgroups beyond the last chunk take it too, and store nothing.
  let given = workgroup.y * GRID_X + workgroup.x;
  let chunk = min(given, chunks() - 1u);
  let segment = segment_at(chunk);
  let first = first_element(chunk);
  let end = min(first + CHUNK, segment.length);
  var plain = vec4f(0.0);
  var small = vec4f(0.0);
  for (var i = first + local * 4u; i < end; i += WORKGROUP * 4u) {
    let g = whole_gradient(segment, i, 1.0, vec4f(0.0));
    let h = g * 8.4703294725430034e-22;
    plain += g * g;
    small += h * h;
  }
  partial[local] = vec2f(dot(plain, vec4f(1.0)), dot(small, vec4f(1.0)));
  workgroupBarrier();
  if (local == 0u && given < chunks()) {
    var sum = vec2f(0.0);
    for (var lane = 0u; lane < WORKGROUP; lane++) { sum += partial[lane]; }
    squares[segment.replica * CHUNKS_PER_REPLICA + segment.chunk + first / CHUNK] = sum;
  }
}
