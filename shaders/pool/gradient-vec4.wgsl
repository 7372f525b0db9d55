// gradient-cells.wgsl, four channels at a time: channels, offsets and strides are multiples of 4.
// Work: a workgroup makes CHUNK groups of four channels of one cell, channels first, an invocation CHUNK / WORKGROUP of them; z = replica.
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<vec4<Activation>>;
@group(0) @binding(1) var<storage, read> argmax: array<u32>;
@group(0) @binding(2) var<storage, read> saved: array<vec4<Activation>>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<vec4<Activation>>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ITEMS);
  let replica = workgroup.z;
  // COMPACT (cells of many pixels): bounds that drivers do not know keep them from unrolling the loops, which takes seconds.
  let height = select(0u, STRIDE_HEIGHT, !COMPACT || first < ITEMS);
  let width = select(0u, STRIDE_WIDTH, !COMPACT || first < ITEMS);
  let column_step = Y_ROW / 4u;
  let row_step = IN_WIDTH * column_step;
  let words = divisor(WORDS);
  let cells_width = divisor(CELLS_WIDTH);
  let cells_height = divisor(CELLS_HEIGHT);
  for (var item = first + local; item < end; item += WORKGROUP) {
    let cell = quotient(item, words);
    let word = item - cell * WORDS;
    let cell_row = quotient(cell, cells_width);
    let ox = cell - cell_row * CELLS_WIDTH;
    // Cells that fill images exactly (not RAGGED) need no telling of these apart.
    var oy = 0u;
    var in_row = cell_row * STRIDE_HEIGHT;
    var output = cell;
    if (RAGGED || EMPTY_CELLS) {
      let image = quotient(cell_row, cells_height);
      oy = cell_row - image * CELLS_HEIGHT;
      in_row = image * IN_HEIGHT + oy * STRIDE_HEIGHT;
      output = (image * OUT_HEIGHT + min(oy, OUT_HEIGHT - 1u)) * OUT_WIDTH + min(ox, OUT_WIDTH - 1u);
    }

    var winner = vec4u(0u);
    var gradient = vec4f(x[replica * (X_REPLICA / 4u) + output * (X_ROW / 4u) + X_OFFSET / 4u + word]);
    if (MAXIMUM) {
      let codes = argmax[replica * (OUTPUTS * WORDS) + output * WORDS + word];
      winner = vec4u(codes & 255u, (codes >> 8u) & 255u, (codes >> 16u) & 255u, codes >> 24u);
    } else {
      gradient *= 1.0 / f32(min(WINDOW_HEIGHT, IN_HEIGHT - oy * STRIDE_HEIGHT) * min(WINDOW_WIDTH, IN_WIDTH - ox * STRIDE_WIDTH));
    }
    if (MAXIMUM && EPILOGUE_GRADIENT) {
      let kept = vec4f(saved[replica * (SAVED_REPLICA / 4u) + output * (SAVED_ROW / 4u) + SAVED_OFFSET / 4u + word]);
      gradient = vec4f(
        epilogue(gradient.x, kept.x, replica, 0u),
        epilogue(gradient.y, kept.y, replica, 0u),
        epilogue(gradient.z, kept.z, replica, 0u),
        epilogue(gradient.w, kept.w, replica, 0u),
      );
    }
    if (EMPTY_CELLS) {
      gradient = select(vec4f(0.0), gradient, oy < OUT_HEIGHT && ox < OUT_WIDTH);
    }
    let pixel0 = in_row * IN_WIDTH + ox * STRIDE_WIDTH;
    let base = replica * (Y_REPLICA / 4u) + Y_OFFSET / 4u + word + pixel0 * column_step;
    for (var r = 0u; r < height; r++) {
      for (var s = 0u; s < width; s++) {
        let row = oy * STRIDE_HEIGHT + r;
        let column = ox * STRIDE_WIDTH + s;
        let won = vec4<bool>(r < WINDOW_HEIGHT && s < WINDOW_WIDTH) & (vec4<bool>(!MAXIMUM) | (winner == vec4u(r * WINDOW_WIDTH + s)));
        if (!RAGGED || (row < IN_HEIGHT && column < IN_WIDTH)) {
          let pixel = pixel0 + r * IN_WIDTH + s;
          var value = select(vec4f(0.0), gradient, won);
          if (!MAXIMUM) {
            var kept = vec4f(0.0);
            if (EPILOGUE_GRADIENT) { kept = vec4f(saved[replica * (SAVED_REPLICA / 4u) + pixel * (SAVED_ROW / 4u) + SAVED_OFFSET / 4u + word]); }
            let element = pixel * CHANNELS + word * 4u;
            value = vec4f(
              epilogue(value.x, kept.x, replica, element),
              epilogue(value.y, kept.y, replica, element + 1u),
              epilogue(value.z, kept.z, replica, element + 2u),
              epilogue(value.w, kept.w, replica, element + 3u),
            );
          }
          y[base + r * row_step + s * column_step] = vec4<Activation>(value);
        }
      }
    }
  }
}
