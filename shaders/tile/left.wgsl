// The left factor of product.wgsl in memory, element by element; 0 where not `inside`.
@group(0) @binding(0) var<storage, read> left_factor: array<Left>;

fn left_element(at: u32, inside: bool) -> f32 { return select(0.0, f32(left_factor[select(0u, at, inside)]), inside); }

fn left_elements(at: u32, inside: bool) -> vec4f {
  return vec4f(left_element(at, inside), left_element(at + 1u, inside), left_element(at + 2u, inside), left_element(at + 3u, inside));
}
