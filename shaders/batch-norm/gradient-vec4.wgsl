// gradient-rows.wgsl, four neighbouring elements at a time. Rows are of WIDTH groups of four, as in normalize-vec4.wgsl.
// Work: a workgroup makes BLOCK groups (one of BLOCKS such blocks) of a chunk of rows; z = replica.
//#import epilogue
//#import four-channels
//#import quotient
//#import state
//#import batch-moments
//#import batch-totals
@group(0) @binding(0) var<storage, read> x: array<vec4<Activation>>;
@group(0) @binding(1) var<storage, read> dy: array<vec4<Activation>>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>;
@group(0) @binding(4) var<storage, read> sums: array<f32>;
@group(0) @binding(5) var<storage, read> saved: array<vec4<Activation>>;
@group(0) @binding(6) var<storage, read> state: array<u32>;
@group(0) @binding(7) var<storage, read_write> y: array<vec4<Activation>>;

alias Channels = vec4u;
alias Values = vec4f;
fn moments_at(at: vec4u) -> vec4f { return vec4f(moments[at.x], moments[at.y], moments[at.z], moments[at.w]); }
fn sums_at(at: vec4u) -> vec4f { return vec4f(sums[at.x], sums[at.y], sums[at.z], sums[at.w]); }

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = workgroup.y * GRID_X + workgroup.x;
  let chunk = quotient(part, divisor(BLOCKS));
  let row_lane = quotient(local, divisor(BLOCK));
  let word = (part - chunk * BLOCKS) * BLOCK + local - row_lane * BLOCK;
  let start = chunk * CHUNK;
  let end = min(start + CHUNK, ROWS);
  if (word >= WIDTH || local >= BLOCK * ROW_LANES) { return; }
  let replica = workgroup.z;
  let c = channels_from(word * 4u);
  let p = c + replica * PARAMETER_REPLICA;
  let factor = vec4f(scale[p.x], scale[p.y], scale[p.z], scale[p.w]);
  // Inference: the standard deviation. Training: what the batch's own statistics take away from every row.
  var deviation = vec4f(0.0);
  var mean = vec4f(0.0);
  var inverse = vec4f(0.0);
  var first = vec4f(0.0);
  var second = vec4f(0.0);
  let real = real_rows(BATCH) * LEADING;
  if (INFERENCE) {
    let at = c + replica * RUNNING_REPLICA;
    deviation = sqrt(vec4f(sums[at.x], sums[at.y], sums[at.z], sums[at.w]) + EPSILON);
  } else {
    let batch = moments_of(replica, c);
    let totals = totals_of(replica, c);
    mean = batch.mean;
    inverse = batch.inverse;
    first = totals.first / f32(real);
    second = totals.second / f32(real);
  }
  let x_at = replica * (X_REPLICA / 4u) + X_OFFSET / 4u + word;
  let dy_at = replica * (DY_REPLICA / 4u) + DY_OFFSET / 4u + word;
  let saved_at = replica * (SAVED_REPLICA / 4u) + SAVED_OFFSET / 4u + word;
  let y_at = replica * (Y_REPLICA / 4u) + Y_OFFSET / 4u + word;
  for (var row = start + row_lane; row < end; row += ROW_LANES) {
    let element = (row * WIDTH + word) * 4u;
    let gradient = vec4f(dy[dy_at + row * (DY_ROW / 4u)]);
    var value = vec4f(0.0);
    if (INFERENCE) {
      value = gradient * factor / deviation;
    } else {
      let normal = (vec4f(x[x_at + row * (X_ROW / 4u)]) - mean) * inverse;
      let is_real = vec4u(0u, 1u, 2u, 3u) + element < vec4u(real * CHANNELS);
      value = select(vec4f(0.0), factor * inverse * (gradient - first - normal * second), is_real);
    }
    var kept = vec4f(0.0);
    if (EPILOGUE_GRADIENT) { kept = vec4f(saved[saved_at + row * (SAVED_ROW / 4u)]); }
    y[y_at + row * (Y_ROW / 4u)] = vec4<Activation>(vec4f(
      epilogue(value.x, kept.x, replica, element),
      epilogue(value.y, kept.y, replica, element + 1u),
      epilogue(value.z, kept.z, replica, element + 2u),
      epilogue(value.w, kept.w, replica, element + 3u),
    ));
  }
}
