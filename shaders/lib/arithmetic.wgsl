// One result from up to three numbers; constant CALCULATION says which (src/kernels/arithmetic.ts). NaN stays NaN. In the gradients the
// last number is that of the result.
//#import nan

fn calculate(a: f32, b: f32, c: f32) -> f32 {
  switch CALCULATION {
    case 1u: { return a + b; }
    case 2u: { return a - b; }
    case 3u: { return a * b; }
    case 4u: { return a / b; }
    case 5u: { return unless_nan(a, unless_nan(b, max(a, b))); }
    case 6u: { return unless_nan(a, unless_nan(b, min(a, b))); }
    case 7u: { return unless_nan(a, select(a * b, a, a > 0.0)); }
    case 8u: { return a * b + c; }
    case 9u: { return unless_nan(a, exp(a)); }
    case 10u: { return logarithm(a); }
    case 11u: { return unless_nan(a, nan_where(a < 0.0, sqrt(max(a, 0.0)))); }
    case 12u: { return unless_nan(a, abs(a)); }
    // The gradients of a / b by b, of maximum and minimum by a, of abs, and of prelu by its input and slope.
    case 13u: { return -(c / b) * (a / b); }
    case 14u: { return unless_nan(a, unless_nan(b, share(a > b, a == b, c))); }
    case 15u: { return unless_nan(a, unless_nan(b, share(a < b, a == b, c))); }
    case 16u: { return unless_nan(a, select(0.0, select(-b, b, a > 0.0), a != 0.0)); }
    case 17u: { return unless_nan(a, select(b * c, c, a > 0.0)); }
    case 18u: { return unless_nan(a, select(a * b, 0.0, a > 0.0)); }
    default: { return a; }
  }
}

// The gradient of who wins, of whom nobody loses to by half.
fn share(wins: bool, equal: bool, gradient: f32) -> f32 { return select(select(0.0, 0.5 * gradient, equal), gradient, wins); }

// Negative numbers have none, and that of 0 is -infinity; the built-in function leaves these to the driver.
fn logarithm(x: f32) -> f32 {
  let bits = select(bitcast<u32>(log(x)), 0xff800000u, x == 0.0);
  return unless_nan(x, nan_where(x < 0.0, bitcast<f32>(bits)));
}
