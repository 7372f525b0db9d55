// The loss of a batch: y[r] = sum over n of rows[r,n,0], divided by the real rows where MEAN.
// Lanes add strided rows, then lane 0 adds the lanes in order.
// Work: a workgroup a replica (z).
//#import state
//#import long-sum
@group(0) @binding(0) var<storage, read> rows: array<f32>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<f32>;

alias Term = f32;
var<workgroup> partial: array<f32, WORKGROUP>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  var sum = LongSum();
  for (var row = local; row < ROWS; row += WORKGROUP) { add_term(&sum, rows[(workgroup.z * ROWS + row) * 2u]); }
  partial[local] = total_of(sum);
  workgroupBarrier();
  if (local == 0u) {
    var total = 0.0;
    for (var lane = 0u; lane < WORKGROUP; lane++) { total += partial[lane]; }
    if (MEAN) { total = total / f32(real_rows(ROWS)); }
    y[workgroup.z] = total;
  }
}
