// normalize-rows.wgsl, four neighbouring elements at a time. Rows are of WIDTH groups of four: the tensor's own rows where channels,
// offset and strides are multiples of 4, else, without gaps, as many of them in one as make a multiple of 4.
// Work: a workgroup makes BLOCK groups (one of BLOCKS such blocks) of a chunk of rows; z = replica.
//#import epilogue
//#import four-channels
//#import quotient
//#import batch-moments
@group(0) @binding(0) var<storage, read> x: array<vec4<Activation>>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> offset: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>;
@group(0) @binding(5) var<storage, read> state: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<Activation>>;

alias Channels = vec4u;
alias Values = vec4f;
fn moments_at(at: vec4u) -> vec4f { return vec4f(moments[at.x], moments[at.y], moments[at.z], moments[at.w]); }

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
  var mean = vec4f(0.0);
  var factor = vec4f(0.0);
  if (INFERENCE) {
    let at = c + replica * RUNNING_REPLICA;
    mean = vec4f(moments[at.x], moments[at.y], moments[at.z], moments[at.w]);
    factor = 1.0 / sqrt(vec4f(variance_at(at.x), variance_at(at.y), variance_at(at.z), variance_at(at.w)) + EPSILON);
  } else {
    let batch = moments_of(replica, c);
    mean = batch.mean;
    factor = batch.inverse;
    if (start == 0u && local < BLOCK) {
      // Where several rows are joined to one, a channel stands in it several times.
      let at = replica * RUNNING_REPLICA + word * 4u;
      if (word * 4u < CHANNELS) { keep_running(at, batch.mean.x, batch.variance.x); }
      if (word * 4u + 1u < CHANNELS) { keep_running(at + 1u, batch.mean.y, batch.variance.y); }
      if (word * 4u + 2u < CHANNELS) { keep_running(at + 2u, batch.mean.z, batch.variance.z); }
      if (word * 4u + 3u < CHANNELS) { keep_running(at + 3u, batch.mean.w, batch.variance.w); }
    }
  }
  let p = c + replica * PARAMETER_REPLICA;
  let own_scale = vec4f(scale[p.x], scale[p.y], scale[p.z], scale[p.w]);
  let own_offset = vec4f(offset[p.x], offset[p.y], offset[p.z], offset[p.w]);
  let x_at = replica * (X_REPLICA / 4u) + X_OFFSET / 4u + word;
  let y_at = replica * (Y_REPLICA / 4u) + Y_OFFSET / 4u + word;
  for (var row = start + row_lane; row < end; row += ROW_LANES) {
    let value = (vec4f(x[x_at + row * (X_ROW / 4u)]) - mean) * factor * own_scale + own_offset;
    let element = (row * WIDTH + word) * 4u;
    y[y_at + row * (Y_ROW / 4u)] = vec4<Activation>(vec4f(
      epilogue(value.x, 0.0, replica, element),
      epilogue(value.y, 0.0, replica, element + 1u),
      epilogue(value.z, 0.0, replica, element + 2u),
      epilogue(value.w, 0.0, replica, element + 3u),
    ));
  }
}
