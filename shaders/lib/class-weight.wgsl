// What the loss of a row and its gradient are multiplied by: the weight of its label's class. Constants: CLASSES, WEIGHTS_REPLICA.
@group(0) @binding(5) var<storage, read> class_weights: array<f32>;

fn row_weight(replica: u32, label: f32) -> f32 { return class_weights[replica * WEIGHTS_REPLICA + min(u32(label), CLASSES - 1u)]; }
