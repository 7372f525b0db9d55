/** How a training went: loss and accuracy on its own samples since the point before, of each replica, at a few points. */
export interface Curve {
  /** Training samples that a replica had seen, rising. */
  readonly samples: readonly number[];
  /** One list a replica. */
  readonly loss: readonly (readonly number[])[];
  readonly accuracy: readonly (readonly number[])[];
}

/** A curve has at most so many points. */
const POINTS = 20;
/** Significant digits that are kept: more tell nothing, and a study keeps thousands of curves. */
const DIGITS = 4;

/** What a training tells of each replica. */
interface Told {
  readonly loss: number;
  readonly accuracy?: number;
}

/** Notes how a training goes. */
export class CurveNotes {
  private points: { readonly samples: number; readonly replicas: readonly Told[] }[] = [];

  constructor(private readonly batch: number) {}

  /** Steps from one point to the next, of a training of so many. */
  static every(steps: number): number {
    return Math.ceil(steps / POINTS);
  }

  add(step: number, replicas: readonly Told[]): void {
    this.points.push({ samples: step * this.batch, replicas });
  }

  /** From the beginning on, of these replicas alone. */
  keep(replicas: readonly number[]): void {
    this.points = this.points.map((point) => ({
      ...point,
      replicas: point.replicas.filter((_, replica) => replicas.includes(replica)),
    }));
  }

  get curve(): Curve {
    const replicas = this.points[0]?.replicas.map((_, replica) => replica) ?? [];
    const ofEach = (value: (told: Told) => number) =>
      replicas.map((replica) => this.points.map((point) => rounded(value(point.replicas[replica] ?? { loss: Number.NaN }))));
    return {
      samples: this.points.map(({ samples }) => samples),
      loss: ofEach(({ loss }) => loss),
      accuracy: ofEach(({ accuracy = Number.NaN }) => accuracy),
    };
  }
}

function rounded(value: number): number {
  return Number(value.toPrecision(DIGITS));
}

/** Of the first so many replicas alone. */
export function firstReplicas({ samples, loss, accuracy }: Curve, count: number): Curve {
  return { samples, loss: loss.slice(0, count), accuracy: accuracy.slice(0, count) };
}
