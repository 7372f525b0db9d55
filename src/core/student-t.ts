/**
 * The quantile of Student's t: the number that a t-distributed one of so many degrees of freedom, whole or not, stays below with
 * this probability, to about 1e-13 of itself. -Infinity and Infinity for 0 and 1, NaN for what is no probability or not above 0.
 */
export function tQuantile(probability: number, degreesOfFreedom: number): number {
  if (!(probability >= 0 && probability <= 1 && degreesOfFreedom > 0)) return Number.NaN;
  const tail = Math.min(probability, 1 - probability);
  const sign = probability < 0.5 ? -1 : 1;
  if (tail === 0) return sign * Number.POSITIVE_INFINITY;
  if (tail === 0.5) return 0;
  let low = 0;
  let high = 1;
  while (upperTail(high, degreesOfFreedom) > tail) {
    low = high;
    high *= 2;
  }
  // Newton's method, within bounds that close in: the density is the derivative.
  let t = (low + high) / 2;
  for (let step = 0; step < MOST_STEPS && high - low > PRECISION * high; step++) {
    const above = upperTail(t, degreesOfFreedom) - tail;
    if (above > 0) low = t;
    else high = t;
    const next = t + above / density(t, degreesOfFreedom);
    const inside = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(inside - t) <= PRECISION * t) return sign * inside;
    t = inside;
  }
  return sign * t;
}

const PRECISION = 2 ** -48;
const MOST_STEPS = 200;

/** The probability of more than t, t at least 0. */
function upperTail(t: number, degrees: number): number {
  const total = degrees + t * t;
  const [x, rest] = [degrees / total, (t * t) / total];
  const a = degrees / 2;
  // Each side of the mean has its fraction that converges fast.
  if (x <= (a + 1) / (a + 2.5)) return 0.5 * incompleteBeta(x, rest, a, 0.5);
  return 0.5 - 0.5 * incompleteBeta(rest, x, 0.5, a);
}

function density(t: number, degrees: number): number {
  const scale = logGammaStep(degrees / 2) - 0.5 * Math.log(degrees * Math.PI);
  return Math.exp(scale - ((degrees + 1) / 2) * Math.log1p((t * t) / degrees));
}

/** The regularised incomplete beta function I_x(a, b), where a or b is one half; `rest` is 1 - x. */
function incompleteBeta(x: number, rest: number, a: number, b: number): number {
  const other = 2 * a * b;
  const scale = logGammaStep(other) - 0.5 * Math.log(Math.PI) + a * Math.log(x) + b * Math.log(rest);
  return (Math.exp(scale) / a) * betaFraction(x, a, b);
}

const TINY = 1e-300;
const MOST_TERMS = 100_000;

/** The continued fraction of the incomplete beta function (DLMF 8.17.22) by Lentz's method. */
function betaFraction(x: number, a: number, b: number): number {
  let c = 1;
  let d = 1 / nonzero(1 - ((a + b) * x) / (a + 1));
  let fraction = d;
  for (let m = 1; m <= MOST_TERMS; m++) {
    const even = (m * (b - m) * x) / ((a + 2 * m - 1) * (a + 2 * m));
    d = 1 / nonzero(1 + even * d);
    c = nonzero(1 + even / c);
    fraction *= c * d;
    const odd = (-(a + m) * (a + b + m) * x) / ((a + 2 * m) * (a + 2 * m + 1));
    d = 1 / nonzero(1 + odd * d);
    c = nonzero(1 + odd / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < Number.EPSILON) break;
  }
  return fraction;
}

function nonzero(value: number): number {
  return Math.abs(value) < TINY ? TINY : value;
}

/** ln(gamma(x + 1/2) / gamma(x)), x above 0, without the cancellation of their difference: its asymptotic series, reached step by step. */
function logGammaStep(x: number): number {
  let at = x;
  let product = 1;
  for (; at < SERIES_FROM; at++) product *= at / (at + 0.5);
  const power = at * at;
  const series = (-1 / 8 + (1 / 192 + (-1 / 640 + 17 / 14336 / power) / power) / power) / at;
  return 0.5 * Math.log(at) + series + Math.log(product);
}

/** From here on what the series leaves out is below 4e-15. */
const SERIES_FROM = 20;
