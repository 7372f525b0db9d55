// The sum of term(row, x_at, dy_at, shift) -> vec2f, which the importing file declares, over the rows from `start` to before `end`:
// READ_TOGETHER at a time, so that their sum stays in registers and few roundings touch each term.
//#import read-together

fn sum_of_rows(start: u32, end: u32, x_at: u32, dy_at: u32, shift: f32) -> vec2f {
  var sum = vec2f(0.0);
  var row = start;
  for (; row + READ_TOGETHER <= end; row += READ_TOGETHER) {
    var part = vec2f(0.0);
    for (var i = 0u; i < READ_TOGETHER; i++) { part += term(row + i, x_at, dy_at, shift); }
    sum += part;
  }
  for (; row < end; row++) { sum += term(row, x_at, dy_at, shift); }
  return sum;
}
