// normalize-rows.wgsl, four neighbouring elements at a time. Rows are of WIDTH groups of four: the tensor's own rows where channels,
// offset and strides are multiples of 4, else, without gaps, as many of them in one as make a multiple of 4.
// Work: a workgroup makes BLOCK groups (one of BLOCKS such blocks) of a chunk of rows; z = replica.
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<vec4<Activation>>;
@group(0) @binding(1) var<storage, read> scale: array<f32>;
@group(0) @binding(2) var<storage, read> offset: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>;
@group(0) @binding(4) var<storage, read> variance: array<f32>;
@group(0) @binding(5) var<storage, read> state: array<u32>;
@group(0) @binding(6) var<storage, read_write> y: array<vec4<Activation>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let part = workgroup.y * GRID_X + workgroup.x;
  let word = part % BLOCKS * BLOCK + local % BLOCK;
  let start = part / BLOCKS * CHUNK;
  let end = min(start + CHUNK, ROWS);
  if (word >= WIDTH || local >= BLOCK * ROW_LANES) { return; }
  let replica = workgroup.z;
  let c = (vec4u(0u, 1u, 2u, 3u) + word * 4u) % CHANNELS;
  var mean = vec4f(0.0);
  var factor = vec4f(0.0);
  if (INFERENCE) {
    let at = c + replica * RUNNING_REPLICA;
    mean = vec4f(moments[at.x], moments[at.y], moments[at.z], moments[at.w]);
    factor = 1.0 / sqrt(vec4f(variance[at.x], variance[at.y], variance[at.z], variance[at.w]) + EPSILON);
  } else {
    let at = (c + replica * CHANNELS) * 2u;
    mean = vec4f(moments[at.x], moments[at.y], moments[at.z], moments[at.w]);
    factor = vec4f(moments[at.x + 1u], moments[at.y + 1u], moments[at.z + 1u], moments[at.w + 1u]);
  }
  let p = c + replica * PARAMETER_REPLICA;
  let own_scale = vec4f(scale[p.x], scale[p.y], scale[p.z], scale[p.w]);
  let own_offset = vec4f(offset[p.x], offset[p.y], offset[p.z], offset[p.w]);
  let x_at = replica * (X_REPLICA / 4u) + X_OFFSET / 4u + word;
  let y_at = replica * (Y_REPLICA / 4u) + Y_OFFSET / 4u + word;
  for (var row = start + local / BLOCK; row < end; row += ROW_LANES) {
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
