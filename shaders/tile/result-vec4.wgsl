// Where product.wgsl's results go, where four neighbouring ones always begin at a multiple of 4.
@group(0) @binding(RESULT_BINDING) var<storage, read_write> result: array<vec4<Result>>;

fn store_result(at: u32, value: vec4f, count: u32) { result[at / 4u] = vec4<Result>(value); }
