import { LANES } from './work.ts';

/** Work a second in each lane, as measured; null where nothing was. */
export type Speeds = readonly (number | null)[];

/** Another worker that could take a trial. */
export interface Peer {
  readonly speeds: Speeds;
  /** How many trials it trains side by side. */
  readonly processes: number;
}

/** Of so many of the last trials of a lane. */
const REMEMBERED = 8;
/** What differs by less is as fast. */
const AS_FAST = 2;

/** Measures what trials take here, and tells which of those that wait this worker should take. */
export class Speedometer {
  private readonly measured = Array.from({ length: LANES }, () => [] as { readonly work: number; readonly seconds: number }[]);

  ended(lane: number, work: number, seconds: number): void {
    const trials = this.measured[lane];
    trials?.push({ work, seconds });
    if (trials && trials.length > REMEMBERED) trials.shift();
  }

  get speeds(): Speeds {
    return this.measured.map((trials) => {
      const seconds = trials.reduce((sum, trial) => sum + trial.seconds, 0);
      return seconds > 0 ? trials.reduce((sum, trial) => sum + trial.work, 0) / seconds : null;
    });
  }

  /**
   * The lanes in the order in which this worker should look for a trial: from the largest down, and from the smallest up where it is
   * slower than another one or nothing was measured yet. Left out are those whose waiting trials others would end sooner, though each
   * of these first ends as many as wait for it.
   */
  order(waiting: readonly number[], peers: readonly Peer[]): number[] {
    const lanes = waiting.flatMap((count, lane) => (count > 0 ? [lane] : []));
    const slowness = new Map(lanes.map((lane) => [lane, this.slowness(lane, peers)]));
    const small = this.speeds.every((rate) => rate === null) || [...slowness.values()].some(({ times }) => times > AS_FAST);
    const suited = lanes.filter((lane) => {
      const { times = 1, faster = 0 } = slowness.get(lane) ?? {};
      return times <= AS_FAST || times <= 1 + (waiting[lane] ?? 0) / faster;
    });
    return small ? suited : suited.reverse();
  }

  /**
   * How many times as long as the fastest other worker this one takes, and how many trials those that are faster train at once: in the
   * lane, or in the nearest that both measured, since small trials take longer than their work tells on every machine.
   */
  private slowness(lane: number, peers: readonly Peer[]): { readonly times: number; readonly faster: number } {
    const own = this.speeds;
    const common = own.flatMap((rate, index) => {
      const others = peers
        .flatMap(({ speeds, processes }) => ({ rate: speeds[index] ?? 0, processes }))
        .filter((peer) => peer.rate > 0);
      return rate === null || others.length === 0 ? [] : [{ rate, others, distance: Math.abs(index - lane) }];
    });
    const [nearest] = common.sort((a, b) => a.distance - b.distance);
    if (!nearest) return { times: 1, faster: 0 };
    const { rate, others } = nearest;
    return {
      times: Math.max(...others.map((peer) => peer.rate)) / rate,
      faster: others.filter((peer) => peer.rate > rate).reduce((sum, { processes }) => sum + processes, 0),
    };
  }
}
