// Element by element: y = epilogue(FACTOR (a + b)), epilogue(FACTOR a b) or epilogue(FACTOR a); b may be a scalar (B_SCALAR).
// Copies, activations, dropout, their gradients, sums and products are all this. Views on all sides.
// Work: an invocation an element, channels first; z = replica.
//#import epilogue
@group(0) @binding(0) var<storage, read> a: array<f32>;
@group(0) @binding(1) var<storage, read> b: array<f32>;
@group(0) @binding(2) var<storage, read> saved: array<f32>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i >= ROWS * CHANNELS) { return; }
  let replica = workgroup.z;
  let row = i / CHANNELS;
  let channel = i % CHANNELS;
  var value = a[replica * A_REPLICA + row * A_ROW + A_OFFSET + channel];
  if (OPERATION != 0u) {
    var other = 0.0;
    if (B_SCALAR) { other = b[replica * B_REPLICA]; } else { other = b[replica * B_REPLICA + row * B_ROW + B_OFFSET + channel]; }
    if (OPERATION == 1u) { value += other; } else { value *= other; }
  }
  var kept = 0.0;
  if (EPILOGUE_GRADIENT) { kept = saved[replica * SAVED_REPLICA + row * SAVED_ROW + SAVED_OFFSET + channel]; }
  y[replica * Y_REPLICA + row * Y_ROW + Y_OFFSET + channel] = epilogue(FACTOR * value, kept, replica, i);
}
