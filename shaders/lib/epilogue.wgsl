// What a kernel does to a value just before it stores it. Forward: activation, then dropout. Backward (EPILOGUE_GRADIENT): the
// value is the gradient with respect to the output of an earlier activation and dropout, and becomes the gradient with
// respect to its input; `saved` is that output, or for an activation whose derivative is FROM_INPUT that input.
// The module `activation` is one of shaders/activation/: activate(x), and through_activation(dy, what its derivative is computed from).
// Constants: EPILOGUE_GRADIENT, FROM_INPUT, DERIVATIVE_IS_STEP (0 where the output is 0, elsewhere always the same), DROPOUT,
// DROPOUT_THRESHOLD (floor(rate 2^32)), DROPOUT_SCALE (1 / (1 - rate)), DROPOUT_LAYER, DROPOUT_FROM_STATE, DROPOUT_SEED, DROPOUT_STEP.
// NaN stays NaN, through the activation and its derivative.
//#import dropout
//#import nan
//#import activation

fn epilogue(value: f32, saved: f32, replica: u32, element: u32) -> f32 {
  if (!EPILOGUE_GRADIENT) {
    let y = activate(value);
    if (!DROPOUT) { return y; }
    return select(0.0, y * DROPOUT_SCALE, dropout_keeps(replica, element));
  }
  if (!DROPOUT) { return through_activation(value, saved); }
  // An output other than 0 tells that the element was kept, and its size does not matter: no need to draw again.
  if (DERIVATIVE_IS_STEP) { return through_activation(value * DROPOUT_SCALE, saved); }
  let kept = select(saved / DROPOUT_SCALE, saved, FROM_INPUT);
  return select(0.0, through_activation(value * DROPOUT_SCALE, kept), dropout_keeps(replica, element));
}
