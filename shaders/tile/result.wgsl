// Where product.wgsl's results go, element by element.
@group(0) @binding(RESULT_BINDING) var<storage, read_write> result: array<Result>;

// Writes the first `count` of four neighbouring elements.
fn store_result(at: u32, value: vec4f, count: u32) {
  for (var j = 0u; j < 4u; j++) {
    if (j < count) { result[at + j] = Result(value[j]); }
  }
}
