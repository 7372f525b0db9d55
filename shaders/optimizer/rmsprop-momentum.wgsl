// RMSprop with momentum, as PyTorch has it: v = ALPHA v + (1 - ALPHA) g^2;  b = MOMENTUM b + g / (sqrt(v) + EPSILON);  w -= rate b.
// REST is 1 - ALPHA, rounded once.
@group(0) @binding(5) var<storage, read_write> second_moments: array<vec4f>;

struct Rates { rate: f32 }

fn rates_of(replica: u32) -> Rates { return Rates(learning_rate(replica)); }

fn moved(w: vec4f, g: vec4f, at: u32, rates: Rates) -> vec4f {
  let v = ALPHA * first_moments[at] + REST * g * g;
  let b = MOMENTUM * second_moments[at] + g / (sqrt(v) + EPSILON);
  first_moments[at] = v;
  second_moments[at] = b;
  return w - rates.rate * b;
}
