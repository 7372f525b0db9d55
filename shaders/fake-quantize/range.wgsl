// The extent [least, most] of a step from those of its parts, and of what shares the range before (BEFORE). Where MOVES, the range then
// moves to it: range = MOMENTUM range + (1 - MOMENTUM) extent, or where the range holds nothing yet, the extent.
// Layouts: extents [R, PARTS, 2], before and extent [R, 2], ranges [R, RANGE_REPLICA].
// Work: an invocation a replica: there are few parts.
@group(0) @binding(0) var<storage, read> extents: array<vec2f>;
@group(0) @binding(1) var<storage, read> before: array<f32>;
@group(0) @binding(2) var<storage, read_write> extent: array<f32>;
@group(0) @binding(3) var<storage, read_write> ranges: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let replica = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (replica >= REPLICAS) { return; }
  var found = extents[replica * PARTS];
  for (var part = 1u; part < PARTS; part++) {
    let other = extents[replica * PARTS + part];
    found = vec2f(min(found.x, other.x), max(found.y, other.y));
  }
  if (BEFORE) { found = vec2f(min(found.x, before[replica * 2u]), max(found.y, before[replica * 2u + 1u])); }
  extent[replica * 2u] = found.x;
  extent[replica * 2u + 1u] = found.y;
  // Nothing was seen where all was NaN.
  if (MOVES && found.x <= found.y) {
    let at = replica * RANGE_REPLICA;
    let begins = ranges[at] > ranges[at + 1u];
    ranges[at] = select(MOMENTUM * ranges[at] + (1.0 - MOMENTUM) * found.x, found.x, begins);
    ranges[at + 1u] = select(MOMENTUM * ranges[at + 1u] + (1.0 - MOMENTUM) * found.y, found.y, begins);
  }
}
