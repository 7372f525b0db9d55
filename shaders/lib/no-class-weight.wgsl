// In place of class-weight.wgsl where all classes weigh the same.
fn row_weight(replica: u32, label: f32) -> f32 { return 1.0; }
