// Element by element: y = epilogue(FACTOR (a + b)), epilogue(FACTOR a b) or epilogue(FACTOR a); b may be a scalar (B_SCALAR).
// Copies, activations, dropout, their gradients, sums and products are all this. Views on all sides.
// Work: an invocation an element, channels first; z = replica.
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> a: array<TermA>;
@group(0) @binding(1) var<storage, read> b: array<TermB>;
@group(0) @binding(2) var<storage, read> saved: array<Activation>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<Result>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let i = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (i >= ROWS * CHANNELS) { return; }
  let replica = workgroup.z;
  let row = quotient(i, divisor(CHANNELS));
  let channel = i - row * CHANNELS;
  var value = f32(a[replica * A_REPLICA + row * A_ROW + A_OFFSET + channel]);
  if (OPERATION != 0u) {
    var other = 0.0;
    if (B_SCALAR) { other = f32(b[replica * B_REPLICA]); } else { other = f32(b[replica * B_REPLICA + row * B_ROW + B_OFFSET + channel]); }
    if (OPERATION == 1u) { value += other; } else { value *= other; }
  }
  var kept = 0.0;
  if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + row * SAVED_ROW + SAVED_OFFSET + channel]); }
  y[replica * Y_REPLICA + row * Y_ROW + Y_OFFSET + channel] = Result(epilogue(FACTOR * value, kept, replica, i));
}
