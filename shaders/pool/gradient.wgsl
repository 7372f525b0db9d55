// Pooling's gradient with respect to its input, and through the activation before the pool (epilogue).
//   maximum: dx[n,iy,ix,c] = sum over the windows that (iy,ix) won of dy * activation'(pooled), since the pooled value is x there
//   average: dx[n,iy,ix,c] = epilogue(sum over the windows that hold (iy,ix) of dy / elements of the window that lie in the image)
// Layouts as in forward.wgsl; x is dy, y is dx, `saved` is the pooled output (maximum) or the input (average), as a view.
// Work: a workgroup makes CHUNK items, an invocation CHUNK / WORKGROUP of them: an item is CODES neighbouring channels of one input element; channels first; z = replica.
//#import epilogue
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> argmax: array<u32>;
@group(0) @binding(2) var<storage, read> saved: array<Activation>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;

// The first output whose window holds the coordinate.
fn first_window(at: u32, before: u32, window: u32, stride: u32) -> u32 {
  let reach = at + before + 1u;
  return select(0u, (reach - window + stride - 1u) / stride, reach > window);
}

// Elements of the window of output `o` that lie in the image.
fn overlap(o: u32, before: u32, window: u32, stride: u32, size: u32) -> u32 {
  let start = i32(o * stride) - i32(before);
  return u32(min(start + i32(window), i32(size)) - max(start, 0));
}

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ITEMS);
  let replica = workgroup.z;
  for (var item = first + local; item < end; item += WORKGROUP) {
    let word = item % WORDS;
    let pixel = item / WORDS;
    let ix = pixel % IN_WIDTH;
    let iy = pixel / IN_WIDTH % IN_HEIGHT;
    let image = pixel / (IN_WIDTH * IN_HEIGHT);
    let oy0 = first_window(iy, TOP, WINDOW_HEIGHT, STRIDE_HEIGHT);
    let ox0 = first_window(ix, LEFT, WINDOW_WIDTH, STRIDE_WIDTH);
    let oy_end = min((iy + TOP) / STRIDE_HEIGHT + 1u, OUT_HEIGHT);
    let ox_end = min((ix + LEFT) / STRIDE_WIDTH + 1u, OUT_WIDTH);

    var sum = array<f32, CODES>();
    for (var oy = oy0; oy < oy_end; oy++) {
      for (var ox = ox0; ox < ox_end; ox++) {
        let output = (image * OUT_HEIGHT + oy) * OUT_WIDTH + ox;
        let tap = (iy + TOP - oy * STRIDE_HEIGHT) * WINDOW_WIDTH + (ix + LEFT - ox * STRIDE_WIDTH);
        var codes = 0u;
        if (MAXIMUM) { codes = argmax[replica * (OUTPUTS * WORDS) + output * WORDS + word]; }
        let share = 1.0 / f32(overlap(oy, TOP, WINDOW_HEIGHT, STRIDE_HEIGHT, IN_HEIGHT) * overlap(ox, LEFT, WINDOW_WIDTH, STRIDE_WIDTH, IN_WIDTH));
        for (var lane = 0u; lane < CODES; lane++) {
          let channel = min(word * CODES + lane, CHANNELS - 1u);
          let gradient = f32(x[replica * X_REPLICA + output * X_ROW + X_OFFSET + channel]);
          if (!MAXIMUM) {
            sum[lane] = fma(gradient, share, sum[lane]);
          } else if (((codes >> (lane * (32u / CODES))) & CODE_MASK) == tap) {
            var kept = 0.0;
            if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + output * SAVED_ROW + SAVED_OFFSET + channel]); }
            sum[lane] += epilogue(gradient, kept, replica, 0u);
          }
        }
      }
    }
    for (var lane = 0u; lane < CODES; lane++) {
      let channel = word * CODES + lane;
      if (channel < CHANNELS) {
        var value = sum[lane];
        if (!MAXIMUM) {
          var kept = 0.0;
          if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET + channel]); }
          value = epilogue(value, kept, replica, pixel * CHANNELS + channel);
        }
        y[replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET + channel] = Activation(value);
      }
    }
  }
}
