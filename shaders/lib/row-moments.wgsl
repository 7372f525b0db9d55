// The mean and the sum of squared deviations of the rows from `start` to before `end` (not none) of the channel at `x_at`, which are read
// once: those of READ_TOGETHER rows at a time, joined in order (Chan, Golub, LeVeque 1979), less the mean of a few rows (`shift`), so that few
// roundings touch a mean that is large beside the deviations.
// The importing file binds x.
//#import read-together
struct RowMoments { count: f32, mean: f32, squares: f32 }

fn join(moments: ptr<function, RowMoments>, added: f32, mean: f32, squares: f32) {
  let difference = mean - moments.mean;
  let total = moments.count + added;
  let share = added / total;
  moments.mean += difference * share;
  moments.squares += squares + difference * difference * (moments.count * share);
  moments.count = total;
}

fn moments_of_rows(start: u32, end: u32, x_at: u32) -> vec2f {
  var shift = 0.0;
  for (var i = 0u; i < READ_TOGETHER; i++) { shift += f32(x[x_at + (start + (end - start) * i / READ_TOGETHER) * X_ROW]) / f32(READ_TOGETHER); }
  var moments = RowMoments(0.0, 0.0, 0.0);
  var row = start;
  for (; row + READ_TOGETHER <= end; row += READ_TOGETHER) {
    var value: array<f32, READ_TOGETHER>;
    var sum = 0.0;
    for (var i = 0u; i < READ_TOGETHER; i++) {
      value[i] = f32(x[x_at + (row + i) * X_ROW]) - shift;
      sum += value[i];
    }
    let mean = sum / f32(READ_TOGETHER);
    var squares = 0.0;
    for (var i = 0u; i < READ_TOGETHER; i++) { squares += (value[i] - mean) * (value[i] - mean); }
    join(&moments, f32(READ_TOGETHER), mean, squares);
  }
  for (; row < end; row++) { join(&moments, 1.0, f32(x[x_at + row * X_ROW]) - shift, 0.0); }
  return vec2f(shift + moments.mean, moments.squares);
}
