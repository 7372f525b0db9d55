// What a kernel does to a value just before it stores it. Forward: activation, then dropout. Backward (EPILOGUE_GRADIENT): the
// value is the gradient with respect to the output of an earlier activation and dropout, and becomes the gradient with
// respect to its input; `saved` is that output.
// Constants: ACTIVATION (0 linear, 1 relu, 2 leakyRelu, 3 sigmoid, 4 tanh), SLOPE, EPILOGUE_GRADIENT, DROPOUT,
// DROPOUT_THRESHOLD (floor(rate 2^32)), DROPOUT_SCALE (1 / (1 - rate)), DROPOUT_LAYER, DROPOUT_FROM_STATE, DROPOUT_SEED, DROPOUT_STEP.
//#import dropout

fn activate(x: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return max(x, 0.0); }
    case 2u: { return select(x * SLOPE, x, x > 0.0); }
    case 3u: { return 1.0 / (1.0 + exp(-clamp(x, -87.0, 87.0))); }
    case 4u: {
      // exp overflows for large x and cancels for small x: neither is left to the driver's tanh.
      let square = x * x;
      let small = x * (1.0 + square * (-1.0 / 3.0 + square * (2.0 / 15.0 + square * (-17.0 / 315.0 + square * (62.0 / 2835.0)))));
      let e = exp(-2.0 * min(abs(x), 20.0));
      return select(sign(x) * (1.0 - e) / (1.0 + e), small, abs(x) < 0.2);
    }
    default: { return x; }
  }
}

// The activation's derivative, from its output.
fn activation_derivative(y: f32) -> f32 {
  switch ACTIVATION {
    case 1u: { return select(0.0, 1.0, y > 0.0); }
    case 2u: { return select(SLOPE, 1.0, y > 0.0); }
    case 3u: { return y * (1.0 - y); }
    case 4u: { return 1.0 - y * y; }
    default: { return 1.0; }
  }
}

fn epilogue(value: f32, saved: f32, replica: u32, element: u32) -> f32 {
  if (!EPILOGUE_GRADIENT) {
    let y = activate(value);
    if (!DROPOUT) { return y; }
    return select(0.0, y * DROPOUT_SCALE, dropout_keeps(replica, element));
  }
  if (!DROPOUT) { return value * activation_derivative(saved); }
  // After relu a positive output tells that the element was kept: no need to draw again.
  if (ACTIVATION == 1u) { return select(0.0, value * DROPOUT_SCALE, saved > 0.0); }
  return select(0.0, value * DROPOUT_SCALE * activation_derivative(saved / DROPOUT_SCALE), dropout_keeps(replica, element));
}
