// quotient(n, divisor(d)) is n / d, where d is a constant.
fn divisor(d: u32) -> u32 { return d; }
fn quotient(n: u32, d: u32) -> u32 { return n / d; }
