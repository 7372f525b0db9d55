import { mean } from '../core/statistics.ts';
import { type Featured, featuresOf } from './features.ts';
import { linearLeastSquares } from './fits/linear.ts';

/** A network whose accuracy is known. */
export interface Known extends Featured {
  readonly accuracy: number;
}

/** How strongly the coefficients of standardised features are held to 0. */
const RIDGE = 10;
const NEIGHBOURS = 5;
/** A neighbour at this distance counts half as much as one at none. */
const NEAR = 0.3;
/** Of what the neighbours are better or worse than the line says, so much is added. */
const SHARE = 0.7;
/** Of more, the latest are looked at: those are most like what comes next. */
const MOST = 500;

/**
 * Guesses the accuracy of networks from those that are known: a ridge regression of the logit of the accuracy on features of layers, costs
 * and recipe, and near known networks as much off as it is there. bench/notes/search.md has how well it orders.
 */
export class Surrogate {
  private readonly means: readonly number[];
  private readonly scales: readonly number[];
  private readonly middle: number;
  private readonly coefficients: readonly number[];
  private readonly residuals: readonly { readonly point: readonly number[]; readonly residual: number }[];

  /** From one network on. */
  constructor(all: readonly Known[]) {
    const known = all.slice(-MOST);
    const rows = known.map(featuresOf);
    const columns = (rows[0] ?? []).map((_, column) => rows.map((row) => row[column] ?? 0));
    this.means = columns.map(mean);
    this.scales = columns.map((values, column) => {
      const middle = this.means[column] ?? 0;
      return Math.sqrt(mean(values.map((value) => (value - middle) ** 2))) || 1;
    });
    const points = rows.map((row) => this.standardised(row));
    const targets = known.map(({ accuracy }) => logit(accuracy));
    this.middle = mean(targets);
    const centred = targets.map((target) => target - this.middle);
    // Rows that ask for coefficients of 0.
    const held = columns.map((_, column) => columns.map((__, other) => (column === other ? Math.sqrt(RIDGE) : 0)));
    this.coefficients = linearLeastSquares([...points, ...held], [...centred, ...columns.map(() => 0)]) ?? columns.map(() => 0);
    this.residuals = points.map((point, index) => ({ point, residual: (targets[index] ?? 0) - this.line(point) }));
  }

  accuracyOf(network: Featured): number {
    const point = this.standardised(featuresOf(network));
    const nearest = this.residuals
      .map(({ point: other, residual }) => ({ residual, weight: NEAR / (NEAR + distance(point, other)) }))
      .sort((a, b) => b.weight - a.weight)
      .slice(0, NEIGHBOURS);
    const total = nearest.reduce((sum, { weight }) => sum + weight, 0);
    const around = nearest.reduce((sum, { residual, weight }) => sum + residual * weight, 0) / total;
    return 1 / (1 + Math.exp(-this.line(point) - SHARE * around));
  }

  private standardised(row: readonly number[]): number[] {
    return row.map((value, column) => (value - (this.means[column] ?? 0)) / (this.scales[column] ?? 1));
  }

  private line(point: readonly number[]): number {
    return point.reduce((sum, value, column) => sum + value * (this.coefficients[column] ?? 0), this.middle);
  }
}

function logit(accuracy: number): number {
  const error = Math.min(1 - 1e-3, Math.max(1e-3, 1 - accuracy));
  return Math.log((1 - error) / error);
}

function distance(a: readonly number[], b: readonly number[]): number {
  return Math.hypot(...a.map((value, column) => value - (b[column] ?? 0)));
}
