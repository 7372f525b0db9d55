// log(1 + x) for x >= 0, to a few units in the last place where the built-in functions leave it to the driver, and where 1 + x has lost x:
// with s = x / (2 + x), 2 (s + s^3 / 3 + s^5 / 5 + ...), whose terms left out are below 2e-9 of it for x <= 1.
fn log1p(x: f32) -> f32 {
  let s = x / (2.0 + x);
  let square = s * s;
  let series = 1.0 + square * (1.0 / 3.0 + square * (1.0 / 5.0 + square * (1.0 / 7.0 + square * (1.0 / 9.0 + square * (1.0 / 11.0 + square * (1.0 / 13.0 + square * (1.0 / 15.0 + square * (1.0 / 17.0))))))));
  return select(log(1.0 + x), 2.0 * s * series, x <= 1.0);
}
