// The right factor of product.wgsl in memory, where four elements read together begin at a multiple of 4; 0 where not `inside`.
@group(0) @binding(1) var<storage, read> right_factor: array<vec4<Right>>;

fn right_element(at: u32, inside: bool) -> f32 { return right_elements(at, inside)[at % 4u]; }

fn right_elements(at: u32, inside: bool) -> vec4f { return select(vec4f(0.0), vec4f(right_factor[select(0u, at / 4u, inside)]), inside); }
