// The right factor of product.wgsl in memory, element by element; 0 where not `inside`.
@group(0) @binding(1) var<storage, read> right_factor: array<Right>;

fn right_element(at: u32, inside: bool) -> f32 { return select(0.0, f32(right_factor[select(0u, at, inside)]), inside); }

fn right_elements(at: u32, inside: bool) -> vec4f {
  return vec4f(right_element(at, inside), right_element(at + 1u, inside), right_element(at + 2u, inside), right_element(at + 3u, inside));
}
