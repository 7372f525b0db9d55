// The left factor of product.wgsl in memory, where four elements read together begin at a multiple of 4; 0 where not `inside`.
@group(0) @binding(0) var<storage, read> left_factor: array<vec4<Left>>;

fn left_element(at: u32, inside: bool) -> f32 { return left_elements(at, inside)[at % 4u]; }

fn left_elements(at: u32, inside: bool) -> vec4f { return select(vec4f(0.0), vec4f(left_factor[select(0u, at / 4u, inside)]), inside); }
