// Rows by their numbers: y[i,j] = x[index[i],j]; NaN where an index is no number of a row.
// Layouts: x [R,ROWS,WIDTH], index [R,COUNT] numbers as f32, y [R,COUNT,WIDTH].
// Work: a workgroup makes CHUNK elements, an invocation CHUNK / WORKGROUP of them; z = replica.
//#import nan
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> index: array<f32>;
@group(0) @binding(2) var<storage, read_write> y: array<Result>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, COUNT * WIDTH);
  let replica = workgroup.z;
  for (var i = first + local; i < end; i += WORKGROUP) {
    let number = index[replica * INDEX_REPLICA + i / WIDTH];
    let row = u32(clamp(number, 0.0, f32(ROWS - 1u)));
    let value = f32(x[replica * X_REPLICA + row * WIDTH + i % WIDTH]);
    y[replica * Y_REPLICA + i] = Result(nan_where(is_nan(number) || f32(row) != number, value));
  }
}
