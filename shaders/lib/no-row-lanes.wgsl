// row-lanes.wgsl where an invocation has a row to itself: LANES is 1.
struct Top { value: f32, index: u32 }

fn sum_over_lanes(lane: u32, part: Term) -> Term { return part; }
fn top_over_lanes(lane: u32, own: Top) -> Top { return own; }
fn nan_over_lanes(lane: u32, own: f32) -> f32 { return own; }
