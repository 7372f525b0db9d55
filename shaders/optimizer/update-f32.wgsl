// What an update does in f32; update-mixed.wgsl is the other way.
fn skips_update(replica: u32) -> bool { return false; }
fn updates_made(replica: u32) -> u32 { return state[0]; }
fn gradient_factor(replica: u32) -> f32 { return 1.0; }
fn keep(at: u32, parameter: vec4f) { parameters[at] = parameter; }
