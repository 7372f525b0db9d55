// Element by element, four at a time: map.wgsl where channels, offsets and strides are multiples of 4 and b is no scalar.
// Work: a workgroup makes CHUNK groups of four elements, channels first, an invocation CHUNK / WORKGROUP of them; z = replica.
// ONE_ROW: there is but one row.
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> a: array<vec4<TermA>>;
@group(0) @binding(1) var<storage, read> b: array<vec4<TermB>>;
@group(0) @binding(2) var<storage, read> saved: array<vec4<Activation>>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<Result>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ROWS * CHANNELS / 4u);
  let replica = workgroup.z;
  let words = divisor(CHANNELS / 4u);
  for (var i = first + local; i < end; i += WORKGROUP) {
    var row = 0u;
    if (!ONE_ROW) { row = quotient(i, words); }
    let channel = i - row * (CHANNELS / 4u);
    var value = vec4f(a[replica * (A_REPLICA / 4u) + row * (A_ROW / 4u) + A_OFFSET / 4u + channel]);
    if (OPERATION != 0u) {
      let other = vec4f(b[replica * (B_REPLICA / 4u) + row * (B_ROW / 4u) + B_OFFSET / 4u + channel]);
      if (OPERATION == 1u) { value += other; } else { value *= other; }
    }
    value *= FACTOR;
    var kept = vec4f(0.0);
    if (EPILOGUE_GRADIENT) { kept = vec4f(saved[replica * (SAVED_REPLICA / 4u) + row * (SAVED_ROW / 4u) + SAVED_OFFSET / 4u + channel]); }
    y[replica * (Y_REPLICA / 4u) + row * (Y_ROW / 4u) + Y_OFFSET / 4u + channel] = vec4<Result>(vec4f(
      epilogue(value.x, kept.x, replica, i * 4u),
      epilogue(value.y, kept.y, replica, i * 4u + 1u),
      epilogue(value.z, kept.z, replica, i * 4u + 2u),
      epilogue(value.w, kept.w, replica, i * 4u + 3u),
    ));
  }
}
