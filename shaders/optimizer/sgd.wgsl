// Stochastic gradient descent with momentum: m = MOMENTUM m + g;  w -= rate m, or where NESTEROV rate (g + MOMENTUM m).
struct Rates { rate: f32 }

fn rates_of(replica: u32) -> Rates { return Rates(learning_rate(replica)); }

fn moved(w: vec4f, g: vec4f, at: u32, rates: Rates) -> vec4f {
  var m = g;
  if (MOMENTUM != 0.0) {
    m += MOMENTUM * first_moments[at];
    first_moments[at] = m;
    if (NESTEROV) { m = g + MOMENTUM * m; }
  }
  return w - rates.rate * m;
}
