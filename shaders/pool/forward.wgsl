// Pooling, forward.
//   maximum: y[n,oy,ox,c] = epilogue(max over the window of x), and `argmax`, which tap of the window won (the first in row-major
//            order; NaN wins over numbers)
//   average: y[n,oy,ox,c] = epilogue(sum over the window of x / elements of the window that lie in the image)
// Layouts: x [R,N,H,W,C] and y [R,N,OH,OW,C] as views; argmax [R, N OH OW, WORDS] with CODES tap numbers packed in each word,
// channel by channel from the lowest bits.
// Work: a workgroup makes CHUNK items, an invocation CHUNK / WORKGROUP of them: an item is CODES neighbouring channels of one output; channels first; z = replica.
//#import epilogue
//#import long-sum
//#import quotient
@group(0) @binding(0) var<storage, read> x: array<Activation>;
@group(0) @binding(1) var<storage, read> state: array<u32>;
@group(0) @binding(2) var<storage, read_write> y: array<Activation>;
@group(0) @binding(3) var<storage, read_write> argmax: array<u32>;

alias Term = f32;

@compute @workgroup_size(WORKGROUP)
fn main(@builtin(workgroup_id) workgroup: vec3u, @builtin(local_invocation_index) local: u32) {
  let first = (workgroup.y * GRID_X + workgroup.x) * CHUNK;
  let end = min(first + CHUNK, ITEMS);
  let replica = workgroup.z;
  let words = divisor(WORDS);
  let out_width = divisor(OUT_WIDTH);
  let out_height = divisor(OUT_HEIGHT);
  for (var item = first + local; item < end; item += WORKGROUP) {
    let pixel = quotient(item, words);
    let word = item - pixel * WORDS;
    let out_row = quotient(pixel, out_width);
    let ox = pixel - out_row * OUT_WIDTH;
    let image = quotient(out_row, out_height);
    let oy = out_row - image * OUT_HEIGHT;
    let top = i32(oy * STRIDE_HEIGHT) - i32(TOP);
    let left = i32(ox * STRIDE_WIDTH) - i32(LEFT);
    let first_h = u32(max(0, -top));
    let first_w = u32(max(0, -left));
    let end_h = u32(min(i32(WINDOW_HEIGHT), i32(IN_HEIGHT) - top));
    let end_w = u32(min(i32(WINDOW_WIDTH), i32(IN_WIDTH) - left));

    var packed = 0u;
    for (var lane = 0u; lane < CODES; lane++) {
      let channel = word * CODES + lane;
      if (channel >= CHANNELS) { break; }
      let base = replica * X_REPLICA + X_OFFSET + channel;
      var best = 0.0;
      var sum = LongSum();
      var winner = first_h * WINDOW_WIDTH + first_w;
      for (var kh = first_h; kh < end_h; kh++) {
        for (var kw = first_w; kw < end_w; kw++) {
          let value = f32(x[base + ((image * IN_HEIGHT + u32(top + i32(kh))) * IN_WIDTH + u32(left + i32(kw))) * X_ROW]);
          let tap = kh * WINDOW_WIDTH + kw;
          if (MAXIMUM) {
            if (tap == winner || value > best || is_nan(value)) { best = value; winner = tap; }
          } else {
            add_term(&sum, value);
          }
        }
      }
      if (!MAXIMUM) { best = total_of(sum) / f32((end_h - first_h) * (end_w - first_w)); }
      packed |= winner << (lane * (32u / CODES));
      y[replica * Y_REPLICA + pixel * Y_ROW + Y_OFFSET + channel] = Activation(epilogue(best, 0.0, replica, pixel * CHANNELS + channel));
    }
    if (ARGMAX) { argmax[replica * ITEMS + item] = packed; }
  }
}
