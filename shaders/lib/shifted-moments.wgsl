// The mean and the sum of squared deviations of the rows from `start` to before `end` (not none) of the channel at `x_at`, in one pass: sums
// of x - shift and of its square, where shift is the mean of some of the first rows. What cancels is at most count / READ_TOGETHER times
// as large as the result.
// The importing file binds x, and imports row-sums, with term(...) = { x - shift, (x - shift)^2 }.
//#import row-sums

fn shifted_moments(start: u32, end: u32, x_at: u32) -> vec2f {
  let count = f32(end - start);
  var shift = 0.0;
  for (var i = 0u; i < READ_TOGETHER; i++) { shift += f32(x[x_at + min(start + i, end - 1u) * X_ROW]) / f32(READ_TOGETHER); }
  let sums = sum_of_rows(start, end, x_at, 0u, shift);
  let offset = sums.x / count;
  return vec2f(shift + offset, max(0.0, sums.y - offset * sums.x));
}
