// The channels of four neighbouring elements, of which the first is number `element` of rows of CHANNELS without gaps.
//#import quotient
fn channels_from(element: u32) -> vec4u {
  let first = element - quotient(element, divisor(CHANNELS)) * CHANNELS;
  let second = select(first + 1u, 0u, first + 1u == CHANNELS);
  let third = select(second + 1u, 0u, second + 1u == CHANNELS);
  return vec4u(first, second, third, select(third + 1u, 0u, third + 1u == CHANNELS));
}
