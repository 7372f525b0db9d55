// quotient(n, divisor(d)) is n / d of n < 2^20 and d > 0, as in quotient-of-given.wgsl: the middle of a step, (n + 1/2) / d, is further from
// both of its ends than rounding reaches.
fn divisor(d: u32) -> f32 { return 1.0 / f32(i32(d)); }
fn quotient(n: u32, inverse: f32) -> u32 { return u32(i32((f32(i32(n)) + 0.5) * inverse)); }
