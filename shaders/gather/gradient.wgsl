// The gradient of rows.wgsl: dx[s,row,j] = sum over the part s of the i with index[i] = row of dy[i,j].
// Layouts: dy [R,COUNT,WIDTH], index [R,COUNT] numbers as f32, dx [R,SPLITS,ROWS,WIDTH], parts and replicas PART elements apart.
// Work: an invocation an element of a part; z = replica x splits + split.
//#import long-sum
@group(0) @binding(0) var<storage, read> dy: array<Activation>;
@group(0) @binding(1) var<storage, read> index: array<f32>;
@group(0) @binding(2) var<storage, read_write> dx: array<Result>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ROWS * WIDTH) { return; }
  let replica = workgroup.z / SPLITS;
  let first = (workgroup.z % SPLITS) * COUNT_A_SPLIT;
  let end = min(first + COUNT_A_SPLIT, COUNT);
  let row = f32(item / WIDTH);
  var sum = LongSum();
  for (var i = first; i < end; i++) {
    if (index[replica * INDEX_REPLICA + i] == row) { add_term(&sum, f32(dy[replica * DY_REPLICA + i * WIDTH + item % WIDTH])); }
  }
  dx[workgroup.z * PART + item] = Result(total_of(sum));
}
