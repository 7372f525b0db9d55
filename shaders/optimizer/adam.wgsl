// Adam (Kingma, Ba 2015) with bias correction:
//   m = B1 m + (1 - B1) g;  v = B2 v + (1 - B2) g^2;  w -= rate (m / (1 - B1^t)) / (sqrt(v / (1 - B2^t)) + EPSILON)
// REST1 and REST2 are 1 - B1 and 1 - B2, rounded once: 1 - 0.999 in f32 would be off by 1e-5.
// t is the updates made, this one included.
@group(0) @binding(5) var<storage, read_write> second_moments: array<vec4f>;

struct Rates { rate: f32, second_scale: f32 }

// 1 - beta^t without cancellation, from ln beta: -expm1(t ln beta), by its series where the result is small.
fn bias_correction(log_beta: f32, t: f32) -> f32 {
  let x = t * log_beta;
  let series = -x * (1.0 + x / 2.0 * (1.0 + x / 3.0 * (1.0 + x / 4.0 * (1.0 + x / 5.0 * (1.0 + x / 6.0 * (1.0 + x / 7.0))))));
  return select(1.0 - exp(x), series, x > -0.4);
}

fn rates_of(replica: u32) -> Rates {
  let t = f32(updates_made(replica) + 1u);
  return Rates(learning_rate(replica) / bias_correction(LOG_BETA1, t), 1.0 / bias_correction(LOG_BETA2, t));
}

fn moved(w: vec4f, g: vec4f, at: u32, rates: Rates) -> vec4f {
  let m = BETA1 * first_moments[at] + REST1 * g;
  let v = BETA2 * second_moments[at] + REST2 * g * g;
  first_moments[at] = m;
  second_moments[at] = v;
  return w - rates.rate * m / (sqrt(v * rates.second_scale) + EPSILON);
}
