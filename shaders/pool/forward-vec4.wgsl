// Pooling, forward, four channels at a time: forward.wgsl where channels, offsets and strides are multiples of 4 and a window has
// at most 256 taps, so that a word of argmax belongs to four channels.
// Work: a workgroup makes CHUNK groups of four channels of one output, channels first, an invocation CHUNK / WORKGROUP of them;
// z = replica. PADDED: some window reaches beyond the image.
//#import epilogue
//#import long-sum
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<vec4<Activation>>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<vec4<Activation>>;
@group(0) @binding(3) var<storage, read_write> argmax: array<u32>;

alias Term = vec4f;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ITEMS);
  let replica = workgroup.z;
  // COMPACT (windows of many taps): bounds that drivers do not know keep them from unrolling the loops, which takes seconds.
  let window_height = select(0u, WINDOW_HEIGHT, !COMPACT || first < ITEMS);
  let window_width = select(0u, WINDOW_WIDTH, !COMPACT || first < ITEMS);
  let column_step = X_ROW / 4u;
  let row_step = IN_WIDTH * column_step;
  let words = divisor(WORDS);
  let out_width = divisor(OUT_WIDTH);
  let out_height = divisor(OUT_HEIGHT);
  for (var item = first + local; item < end; item += WORKGROUP) {
    let pixel = quotient(item, words);
    let word = item - pixel * WORDS;
    let out_row = quotient(pixel, out_width);
    // Windows that fill images exactly (EVEN) need no telling of these apart.
    var in_batch = 0u;
    var in_image = out_row;
    if (!EVEN) {
      in_batch = quotient(out_row, out_height);
      in_image = out_row - in_batch * OUT_HEIGHT;
    }
    let top = i32(in_image * STRIDE_HEIGHT) - i32(TOP);
    let left = i32((pixel - out_row * OUT_WIDTH) * STRIDE_WIDTH) - i32(LEFT);
    let base = replica * (X_REPLICA / 4u) + X_OFFSET / 4u + word + in_batch * (IN_HEIGHT * row_step);
    let corner = base + u32(top) * row_step + u32(left) * column_step;

    var best = vec4f(0.0);
    var sum = LongSum();
    var winner = vec4u(0u);
    var found = 0.0;
    for (var kh = 0u; kh < window_height; kh++) {
      for (var kw = 0u; kw < window_width; kw++) {
        var at = corner + kh * row_step + kw * column_step;
        var inside = true;
        if (PADDED) {
          let row = top + i32(kh);
          let column = left + i32(kw);
          inside = row >= 0 && row < i32(IN_HEIGHT) && column >= 0 && column < i32(IN_WIDTH);
          at = select(base, at, inside);
        }
        let value = vec4f(x[at]);
        if (MAXIMUM) {
          let better = vec4<bool>(inside) & (vec4<bool>(found == 0.0) | (value > best) | are_nan(value));
          best = select(best, value, better);
          winner = select(winner, vec4u(kh * WINDOW_WIDTH + kw), better);
        } else {
          add_term(&sum, select(vec4f(0.0), value, inside));
        }
        found += select(0.0, 1.0, inside);
      }
    }
    if (!MAXIMUM) { best = total_of(sum) / found; }
    let element = item * 4u;
    y[replica * (Y_REPLICA / 4u) + pixel * (Y_ROW / 4u) + Y_OFFSET / 4u + word] = vec4<Activation>(vec4f(
      epilogue(best.x, 0.0, replica, element),
      epilogue(best.y, 0.0, replica, element + 1u),
      epilogue(best.z, 0.0, replica, element + 2u),
      epilogue(best.w, 0.0, replica, element + 3u),
    ));
    if (ARGMAX) { argmax[replica * ITEMS + item] = winner.x | (winner.y << 8u) | (winner.z << 16u) | (winner.w << 24u); }
  }
}
