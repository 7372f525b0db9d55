// Elements of tensors that lie with any steps along up to eight axes, of which the last is fastest.
struct Axes { outer: vec4u, inner: vec4u }

// The index along each axis of an item, from the axes' sizes; the first one's does not matter.
fn unravel(item: u32, sizes: Axes) -> Axes {
  let rest6 = item / sizes.inner.w;
  let rest5 = rest6 / sizes.inner.z;
  let rest4 = rest5 / sizes.inner.y;
  let rest3 = rest4 / sizes.inner.x;
  let rest2 = rest3 / sizes.outer.w;
  let rest1 = rest2 / sizes.outer.z;
  let inner = vec4u(rest4 % sizes.inner.x, rest5 % sizes.inner.y, rest6 % sizes.inner.z, item % sizes.inner.w);
  return Axes(vec4u(rest1 / sizes.outer.y, rest1 % sizes.outer.y, rest2 % sizes.outer.z, rest3 % sizes.outer.w), inner);
}

// How many elements an item lies from the first.
fn along(index: Axes, steps: Axes) -> u32 {
  let outer = index.outer * steps.outer;
  let inner = index.inner * steps.inner;
  return outer.x + outer.y + outer.z + outer.w + inner.x + inner.y + inner.z + inner.w;
}
