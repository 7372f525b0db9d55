// The integer of a number on a grid of steps `scale`, symmetric about 0: the nearest, of two the even one, LEVELS at most to each side.
// src/quantize/ has the same function for the CPU. Constant LEVELS: 2^(bits - 1) - 1.
fn quantized(value: f32, scale: f32) -> f32 { return clamp(round(value / scale), -LEVELS, LEVELS); }
