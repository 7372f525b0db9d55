// Values between layers as 8 bits hold them, by the range that the steps before have seen: y = on_grid(x); x itself where the range holds
// nothing yet (its least is above its most) or 0 alone. Beside it the extent [least, most] of the real rows of x, a part of it for each workgroup.
// Layouts: x and y views of ROWS rows with CHANNELS elements, LEADING rows a sample; ranges [R, RANGE_REPLICA]; extents [R, PARTS, 2].
// Work: a workgroup makes CHUNK elements, an invocation CHUNK / WORKGROUP of them; z = replica. NaN stays NaN, and is in no extent.
//#import state
//#import nan
//#import integer-range
@group(0) @binding(0) var<storage, read> x: array<f32>;
@group(0) @binding(1) var<storage, read> ranges: array<f32>;
@group(0) @binding(2) var<storage, read> state: array<u32>;
@group(0) @binding(3) var<storage, read_write> y: array<f32>;
@group(0) @binding(4) var<storage, read_write> extents: array<vec2f>;

var<workgroup> least_of: array<f32, WORKGROUP>;
var<workgroup> most_of: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = workgroup.y * GRID_X + workgroup.x;
  let first = part * CHUNK;
  let end = min(first + CHUNK, ROWS * CHANNELS);
  let replica = workgroup.z;
  let real = real_rows(BATCH) * LEADING * CHANNELS;
  let least = ranges[replica * RANGE_REPLICA];
  let most = ranges[replica * RANGE_REPLICA + 1u];
  let known = least <= most && (least < 0.0 || most > 0.0);
  let grid = grid_of(least, most);
  var low = 3.4e38;
  var high = -3.4e38;
  for (var i = first + local; i < end; i += WORKGROUP) {
    let row = i / CHANNELS;
    let channel = i % CHANNELS;
    let value = x[replica * X_REPLICA + row * X_ROW + X_OFFSET + channel];
    y[replica * Y_REPLICA + row * Y_ROW + Y_OFFSET + channel] = unless_nan(value, select(value, on_grid(value, grid), known));
    let counts = i < real && !is_nan(value);
    low = select(low, min(low, value), counts);
    high = select(high, max(high, value), counts);
  }
  least_of[local] = low;
  most_of[local] = high;
  workgroupBarrier();
  if (local == 0u && part < PARTS) {
    for (var lane = 1u; lane < WORKGROUP; lane++) {
      low = min(low, least_of[lane]);
      high = max(high, most_of[lane]);
    }
    extents[replica * PARTS + part] = vec2f(low, high);
  }
}
