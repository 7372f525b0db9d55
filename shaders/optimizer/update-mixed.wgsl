// What an update does in mixed precision: the gradients are as many times too large as the loss scale says; a replica of which a
// gradient is not finite is left as it is, and counts no update; `halves` are the parameters in f16, which products read.
@group(0) @binding(HALVES) var<storage, read_write> halves: array<vec4<Weight>>;

fn skips_update(replica: u32) -> bool { return state_overflow(replica); }
fn updates_made(replica: u32) -> u32 { return state_updates(replica); }
fn gradient_factor(replica: u32) -> f32 { return 1.0 / state_loss_scale(replica); }
fn keep(at: u32, parameter: vec4f) {
  parameters[at] = parameter;
  halves[at] = vec4<Weight>(parameter);
}
