// All gradients of a batch normalisation in training where there are few rows, as statistics.wgsl and gradient.wgsl make them:
//   offset: sum of dy, scale: sum of dy xhat, dx = scale invstd (dy - offset' / M - xhat scale' / M); zero in rows of no real sample.
// `moments` are those of one part, all the rows (lib/batch-moments.wgsl). No epilogue.
// Work: an invocation a channel, which walks down the rows twice; z = replica.
//#import batch-moments
//#import state
//#import row-sums
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> dy: array<Activation>;
@group(0) @binding(2) var<storage, read> scale: array<f32>;
@group(0) @binding(3) var<storage, read> moments: array<f32>;
@group(0) @binding(4) var<storage, read> state: array<u32>;
@group(0) @binding(5) var<storage, read_write> y: array<Activation>;
@group(0) @binding(6) var<storage, read_write> scale_gradient: array<f32>;
@group(0) @binding(7) var<storage, read_write> offset_gradient: array<f32>;

alias Channels = u32;
alias Values = f32;
fn moments_at(at: u32) -> f32 { return moments[at]; }

fn term(row: u32, x_at: u32, dy_at: u32, shift: f32) -> vec2f {
  let gradient = f32(dy[dy_at + row * DY_ROW]);
  return vec2f(gradient, gradient * (f32(x[x_at + row * X_ROW]) - shift));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (channel >= CHANNELS) { return; }
  let replica = workgroup.z;
  let real = real_rows(BATCH) * LEADING;
  let batch = moments_of(replica, channel);
  let x_at = replica * X_REPLICA + X_OFFSET + channel;
  let dy_at = replica * DY_REPLICA + DY_OFFSET + channel;
  let totals = sum_of_rows(0u, real, x_at, dy_at, batch.mean) * vec2f(1.0, batch.inverse);
  offset_gradient[replica * GRADIENT_REPLICA + channel] = totals.x;
  scale_gradient[replica * GRADIENT_REPLICA + channel] = totals.y;
  let first = totals.x / f32(real);
  let second = totals.y / f32(real);
  let factor = scale[replica * PARAMETER_REPLICA + channel] * batch.inverse;
  let y_at = replica * Y_REPLICA + Y_OFFSET + channel;
  for (var row = 0u; row < ROWS; row++) {
    let normal = (f32(x[x_at + row * X_ROW]) - batch.mean) * batch.inverse;
    let value = factor * (f32(dy[dy_at + row * DY_ROW]) - first - normal * second);
    y[y_at + row * Y_ROW] = Activation(select(0.0, value, row < real));
  }
}
