// The training state: `state`, an array of u32 that the importing file binds. Words:
//   0 steps done   1 samples in the data set   2 rows of a batch   3 batches in an epoch   4 step at which this data set began
//   from 8 + 8 r, for replica r: 0 seed   1 learning rate (bits of an f32), and in mixed precision, written by the GPU:
//   2 loss scale (bits of an f32)   3 good steps since the scale last changed   4 updates made   5 steps skipped   6 whether this
//   step's gradients are not finite   and where gradients are clipped:
//   7 by what they are multiplied (bits of an f32)

fn state_batch_in_epoch() -> u32 { return (state[0] - state[4]) % state[3]; }
fn state_epoch() -> u32 { return (state[0] - state[4]) / state[3]; }

// Rows of the batch that hold samples; the last batch of an epoch may be short, and its other rows count for nothing.
// `rows` is the batch of the kernel that asks: where there is no data set, all of its rows are real.
fn real_rows(rows: u32) -> u32 { return min(rows, min(state[2], state[1] - state_batch_in_epoch() * state[2])); }

fn state_seed(replica: u32) -> u32 { return state[8u + 8u * replica]; }
fn state_learning_rate(replica: u32) -> f32 { return bitcast<f32>(state[9u + 8u * replica]); }
fn state_loss_scale(replica: u32) -> f32 { return bitcast<f32>(state[10u + 8u * replica]); }
fn state_clip(replica: u32) -> f32 { return bitcast<f32>(state[15u + 8u * replica]); }
fn state_updates(replica: u32) -> u32 { return state[12u + 8u * replica]; }
fn state_overflow(replica: u32) -> bool { return state[14u + 8u * replica] != 0u; }
