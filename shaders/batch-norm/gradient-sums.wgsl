// Adds the partial sums of statistics.wgsl in order: the gradients of offset (sum of dy) and scale (sum of dy xhat).
// Work: an invocation a channel; z = replica.
@group(0) @binding(0) var<storage, read> partial_: array<f32>;
@group(0) @binding(1) var<storage, read_write> scale: array<f32>;
@group(0) @binding(2) var<storage, read_write> offset: array<f32>;
@group(0) @binding(3) var<storage, read_write> sums: array<f32>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let channel = (workgroup.y * GRID_X + workgroup.x) * WORKGROUP + local;
  if (channel >= CHANNELS) { return; }
  var first = 0.0;
  var second = 0.0;
  for (var split = 0u; split < SPLITS; split++) {
    let at = ((workgroup.z * SPLITS + split) * CHANNELS + channel) * 2u;
    first += partial_[at];
    second += partial_[at + 1u];
  }
  let at = workgroup.z * CHANNELS + channel;
  offset[workgroup.z * GRADIENT_REPLICA + channel] = first;
  scale[workgroup.z * GRADIENT_REPLICA + channel] = second;
  sums[at * 2u] = first;
  sums[at * 2u + 1u] = second;
}
