// The noise of dropout; its constants stand in epilogue.wgsl.
//#import state
//#import threefry

// Whether dropout keeps this element (its flat index within the replica's tensor).
fn dropout_keeps(replica: u32, element: u32) -> bool {
  var seed = DROPOUT_SEED;
  var step = DROPOUT_STEP;
  if (DROPOUT_FROM_STATE) {
    seed = state_seed(replica);
    step = state[0];
  }
  return threefry(vec2u(seed, DROPOUT_LAYER), vec2u(element, step)).x >= DROPOUT_THRESHOLD;
}
