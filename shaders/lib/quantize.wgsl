// The integer of a number on a grid of steps `scale`, symmetric about 0: the nearest, of two the even one, `levels`, 2^(bits - 1) - 1, at
// most to each side. src/quantize/ has the same function for the CPU.
fn quantized(value: f32, scale: f32, levels: f32) -> f32 { return clamp(round(value / scale), -levels, levels); }
