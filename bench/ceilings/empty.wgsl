// Does nothing, but might write: a dispatch waits for the one before it, as those of a training step do.
@group(0) @binding(0) var<storage, read> never: array<u32>;
@group(0) @binding(1) var<storage, read_write> y: array<u32>;

@compute @workgroup_size(1)
fn main() {
  if (never[0] != 0u) { y[0] = 1u; }
}
