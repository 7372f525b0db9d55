// What a kernel does to a value just before it stores it. Forward: activation, then dropout. Backward (EPILOGUE_GRADIENT): the
// value is the gradient with respect to the output of an earlier activation and dropout, and becomes the gradient with
// respect to its input; `saved` is that output.
// Constants: ACTIVATION (0 linear, 1 relu, 2 leakyRelu, 3 sigmoid, 4 tanh), SLOPE, EPILOGUE_GRADIENT, DROPOUT,
// DROPOUT_THRESHOLD (floor(rate 2^32)), DROPOUT_SCALE (1 / (1 - rate)), DROPOUT_LAYER, DROPOUT_FROM_STATE, DROPOUT_SEED, DROPOUT_STEP.
// NaN stays NaN, through the activation and its derivative.
//#import dropout
//#import nan

fn activate(x: f32) -> f32 {
  switch ACTIVATION {
    case 1u: {
      // 0 for what has a minus sign and is a number.
      let bits = bitcast<u32>(x);
      return bitcast<f32>(select(bits, 0u, (bits ^ 0x80000000u) <= 0x7f800000u));
    }
    case 2u: { return select(leak(x), x, x > 0.0); }
    case 3u: {
      // Of -|x|: exp overflows for large x.
      let e = exp(-abs(x));
      return unless_nan(x, select(e, 1.0, x > 0.0) / (1.0 + e));
    }
    case 4u: {
      // exp overflows for large x and cancels for small x: neither is left to the driver's tanh.
      let square = x * x;
      let small = x * (1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * (-17.0 / 315.0 + square * (62.0 / 2835.0)))));
      let e = exp(-2.0 * min(abs(x), 20.0));
      return unless_nan(x, select(sign(x) * (1.0 - e) / (1.0 + e), small, abs(x) < 0.2));
    }
    default: { return x; }
  }
}

// A slope of 0 is no reason to lose NaN.
fn leak(x: f32) -> f32 { return unless_nan(x, x * SLOPE); }

// The gradient with respect to the activation's input, from that with respect to its output `y`.
fn through_activation(gradient: f32, y: f32) -> f32 {
  switch ACTIVATION {
    case 1u: {
      // y is 0, positive or NaN.
      let passed = bitcast<u32>(unless_nan(y, gradient));
      return bitcast<f32>(select(passed, 0u, bitcast<u32>(y) == 0u));
    }
    case 2u: { return unless_nan(y, select(leak(gradient), gradient, y > 0.0)); }
    case 3u: { return gradient * (y * (1.0 - y)); }
    case 4u: { return gradient * (1.0 - y * y); }
    default: { return gradient; }
  }
}

fn epilogue(value: f32, saved: f32, replica: u32, element: u32) -> f32 {
  if (!EPILOGUE_GRADIENT) {
    let y = activate(value);
    if (!DROPOUT) { return y; }
    return select(0.0, y * DROPOUT_SCALE, dropout_keeps(replica, element));
  }
  if (!DROPOUT) { return through_activation(value, saved); }
  // After relu an output other than 0 tells that the element was kept: no need to draw again.
  if (ACTIVATION == 1u) { return through_activation(value * DROPOUT_SCALE, saved); }
  return select(0.0, through_activation(value * DROPOUT_SCALE, saved / DROPOUT_SCALE), dropout_keeps(replica, element));
}
