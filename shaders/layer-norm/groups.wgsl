// Groups of neighbouring elements normalised to mean 0 and variance 1 (population variance), and the gradient of that.
//   forward:  y = (x - mean) r, r = 1 / sqrt(variance + EPSILON), written to `reciprocals` too
//   GRADIENT: y = r (x - mean of x - normalised mean of (x normalised)), where x is the gradient with respect to the normalised values and r is `kept`
// Layouts: x, y, normalised views; a group is LENGTH / CHANNELS whole rows; kept, reciprocals [R,GROUPS].
// Work: LANES neighbouring invocations a group, its elements shared out by turns; z = replica.
//#import long-sum
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> normalised: array<Activation>;
@group(0) @binding(2) var<storage, read> kept: array<f32>;
@group(0) @binding(3) var<storage, read_write> reciprocals: array<f32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;

alias Term = vec2f;

var<workgroup> parts: array<vec2f, WORKGROUP>;

fn x_at(replica: u32, group: u32, i: u32) -> f32 {
  return f32(x[replica * X_REPLICA + X_OFFSET + (group * (LENGTH / CHANNELS) + i / CHANNELS) * X_ROW + i % CHANNELS]);
}

fn normalised_at(replica: u32, group: u32, i: u32) -> f32 {
  return f32(normalised[replica * SAVED_REPLICA + SAVED_OFFSET + (group * (LENGTH / CHANNELS) + i / CHANNELS) * SAVED_ROW + i % CHANNELS]);
}

// The sum over the lanes of a group, in order; everybody in the workgroup must call it.
fn over_lanes(local: u32, part: vec2f) -> vec2f {
  var total = part;
  if (LANES > 1u) {
    workgroupBarrier();
    parts[local] = part;
    workgroupBarrier();
    total = vec2f(0.0);
    for (var lane = local - local % LANES; lane < local - local % LANES + LANES; lane++) { total += parts[lane]; }
  }
  return total;
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let item = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  let replica = workgroup.z;
  let group = min(item / LANES, GROUPS - 1u);
  // Lanes beyond the last group have nothing to add, and nothing to write.
  let end = select(0u, LENGTH, item / LANES < GROUPS);
  let first = item % LANES;

  var sums = LongSum();
  for (var i = first; i < end; i += LANES) {
    let value = x_at(replica, group, i);
    if (GRADIENT) { add_term(&sums, vec2f(value, value * normalised_at(replica, group, i))); }
    else { add_term(&sums, vec2f(value, 0.0)); }
  }
  let means = over_lanes(local, total_of(sums)) / f32(LENGTH);
  var scale = 0.0;
  if (GRADIENT) {
    scale = kept[replica * GROUPS + group];
  } else {
    var squares = LongSum();
    for (var i = first; i < end; i += LANES) {
      let difference = x_at(replica, group, i) - means.x;
      add_term(&squares, vec2f(difference * difference, 0.0));
    }
    scale = 1.0 / sqrt(over_lanes(local, total_of(squares)).x / f32(LENGTH) + EPSILON);
    if (first == 0u && end > 0u) { reciprocals[replica * GROUPS + group] = scale; }
  }
  for (var i = first; i < end; i += LANES) {
    var difference = x_at(replica, group, i) - means.x;
    if (GRADIENT) { difference -= normalised_at(replica, group, i) * means.y; }
    y[replica * Y_REPLICA + Y_OFFSET + (group * (LENGTH / CHANNELS) + i / CHANNELS) * Y_ROW + i % CHANNELS] = Activation(difference * scale);
  }
}
