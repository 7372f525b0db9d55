// In place of average.wgsl where there is none.
fn keep_average(replica: u32, at: u32, parameter: vec4f, pruned: vec4<bool>) {}
