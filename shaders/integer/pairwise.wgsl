// Two values of 8 bits, element by element; sizes of 1 are repeated.
//   sum:     y = clamp(zero of y + out(a 2^20 (x0 - zero of x0) + b 2^20 (x1 - zero of x1))), each factor as `multiplied` applies it
//   product: y = clamp(zero of y + out((x0 - zero of x0) (x1 - zero of x1)))
// Layouts: y [N,H,W,C], x0 and x1 as y or with 1 in place of a size, one integer a word.
// Work: an invocation an output element.
//#import multiplied
@group(0) @binding(0) var<storage, read> x0: array<i32>;
@group(0) @binding(1) var<storage, read> x1: array<i32>;
@group(0) @binding(2) var<storage, read_write> y: array<i32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (item >= ITEMS) { return; }
  let c = item % CHANNELS;
  let column = item / CHANNELS % WIDTH;
  let row = item / (CHANNELS * WIDTH) % HEIGHT;
  let image = item / (CHANNELS * WIDTH * HEIGHT);
  let a = x0[image * A_SAMPLE + row * A_ROW + column * A_COLUMN + c * A_CHANNEL] - A_ZERO;
  let b = x1[image * B_SAMPLE + row * B_ROW + column * B_COLUMN + c * B_CHANNEL] - B_ZERO;
  var sum = a * b;
  if (SUM) { sum = multiplied(a << SHIFT, A_MULTIPLIER, A_SHIFT) + multiplied(b << SHIFT, B_MULTIPLIER, B_SHIFT); }
  y[item] = clamp(Y_ZERO + multiplied(sum, OUT_MULTIPLIER, OUT_SHIFT), LEAST, MOST);
}
