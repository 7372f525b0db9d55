// quotient(n, divisor(d)) is n / d of n < 2^31 and d > 0, where d is given when the kernel runs: drivers divide vectors of integers lane by
// lane, which takes them as long as four loads. Exact: what rounding left of the first quotient is divided again, and what that leaves is one
// at most.
fn divisor(d: u32) -> u32 { return d; }
fn quotient(n: u32, d: u32) -> u32 {
  let by = f32(i32(d));
  let first = i32(f32(i32(n)) / by);
  let second = first + i32(floor(f32(i32(n) - first * i32(d)) / by));
  let rest = i32(n) - second * i32(d);
  return u32(second + select(0, 1, rest >= i32(d)) - select(0, 1, rest < 0));
}
