// RMSprop (Hinton 2012): v = ALPHA v + (1 - ALPHA) g^2;  w -= rate g / (sqrt(v) + EPSILON). REST is 1 - ALPHA, rounded once.
struct Rates { rate: f32 }

fn rates_of(replica: u32) -> Rates { return Rates(learning_rate(replica)); }

fn moved(w: vec4f, g: vec4f, at: u32, rates: Rates) -> vec4f {
  let v = ALPHA * first_moments[at] + REST * g * g;
  first_moments[at] = v;
  return w - rates.rate * g / (sqrt(v) + EPSILON);
}
