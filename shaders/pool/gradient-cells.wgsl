// Pooling's gradient, a cell at a time: gradient.wgsl where windows neither overlap nor begin in padding. Then an input element lies
// in the cell of one output, which is as large as the stride:
//   maximum: dx[n, oy STRIDE + r, ox STRIDE + s, c] = dy[n,oy,ox,c] * activation'(pooled) where (r, s) won, else 0
//   average: the same element = epilogue(dy[n,oy,ox,c] / elements of the window that lie in the image) in the window, else 0
// A cell at the lower or right border may have no window (EMPTY_CELLS); it is zero.
// Work: a workgroup makes CHUNK channels of cells, channels first, an invocation CHUNK / WORKGROUP of them; z = replica.
//#import epilogue
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> argmax: array<u32>;
@group(0) @binding(2) var<storage, read> saved: array<Activation>;
@group(0) @binding(3) var<storage, read> state: array<u32>;
@group(0) @binding(4) var<storage, read_write> y: array<Activation>;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ITEMS);
  let replica = workgroup.z;
  // COMPACT (cells of many pixels): bounds that drivers do not know keep them from unrolling the loops, which takes seconds.
  let height = select(0u, STRIDE_HEIGHT, !COMPACT || first < ITEMS);
  let width = select(0u, STRIDE_WIDTH, !COMPACT || first < ITEMS);
  let row_step = IN_WIDTH * Y_ROW;
  let channels = divisor(CHANNELS);
  let cells_width = divisor(CELLS_WIDTH);
  let cells_height = divisor(CELLS_HEIGHT);
  for (var item = first + local; item < end; item += WORKGROUP) {
    let cell = quotient(item, channels);
    let channel = item - cell * CHANNELS;
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

    var winner = 0u;
    var gradient = f32(x[replica * X_REPLICA + output * X_ROW + X_OFFSET + channel]);
    if (MAXIMUM) {
      let codes = argmax[replica * (OUTPUTS * WORDS) + output * WORDS + channel / CODES];
      winner = (codes >> (channel % CODES * (32u / CODES))) & CODE_MASK;
    } else {
      gradient *= 1.0 / f32(min(WINDOW_HEIGHT, IN_HEIGHT - oy * STRIDE_HEIGHT) * min(WINDOW_WIDTH, IN_WIDTH - ox * STRIDE_WIDTH));
    }
    if (MAXIMUM && EPILOGUE_GRADIENT) { gradient = epilogue(gradient, f32(saved[replica * SAVED_REPLICA + output * SAVED_ROW + SAVED_OFFSET + channel]), replica, 0u); }
    if (EMPTY_CELLS) { gradient = select(0.0, gradient, oy < OUT_HEIGHT && ox < OUT_WIDTH); }
    let pixel0 = in_row * IN_WIDTH + ox * STRIDE_WIDTH;
    let base = replica * Y_REPLICA + Y_OFFSET + channel + pixel0 * Y_ROW;
    for (var r = 0u; r < height; r++) {
      for (var s = 0u; s < width; s++) {
        let row = oy * STRIDE_HEIGHT + r;
        let column = ox * STRIDE_WIDTH + s;
        let won = r < WINDOW_HEIGHT && s < WINDOW_WIDTH && (!MAXIMUM || winner == r * WINDOW_WIDTH + s);
        if (!RAGGED || (row < IN_HEIGHT && column < IN_WIDTH)) {
          let pixel = pixel0 + r * IN_WIDTH + s;
          var value = select(0.0, gradient, won);
          if (!MAXIMUM) {
            var kept = 0.0;
            if (EPILOGUE_GRADIENT) { kept = f32(saved[replica * SAVED_REPLICA + pixel * SAVED_ROW + SAVED_OFFSET + channel]); }
            value = epilogue(value, kept, replica, pixel * CHANNELS + channel);
          }
          y[base + r * row_step + s * Y_ROW] = Activation(value);
        }
      }
    }
  }
}
