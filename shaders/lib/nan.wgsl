// NaN that stays NaN. WGSL lets a driver take it that no number is NaN, so that max(NaN, 0) may be 0 and x != x never true; the bits
// of a number it must take as they are.

fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }

fn are_nan(x: vec4f) -> vec4<bool> { return (bitcast<vec4u>(x) & vec4u(0x7fffffffu)) > vec4u(0x7f800000u); }

// x, or NaN where `condition`.
fn nan_where(condition: bool, x: f32) -> f32 { return bitcast<f32>(select(bitcast<u32>(x), 0x7fc00000u, condition)); }

// y, or x where that is NaN.
fn unless_nan(x: f32, y: f32) -> f32 { return bitcast<f32>(select(bitcast<u32>(y), bitcast<u32>(x), is_nan(x))); }
