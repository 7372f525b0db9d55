/** Trials for which a strategy does not wait, for each that runs at once. */
const FOR_EACH = 6;

/** Far enough back that no trial waits for a slow one; of a strategy that goes on from its last trial, no further than must be. */
export function usualLag(workers: number, strategy: { readonly followsLast?: boolean } = {}): number {
  return workers === 1 || strategy.followsLast ? workers : FOR_EACH * workers;
}

/** How many trials at once a lag is meant for; of it, not of how many do run, so that a search is the same for any number of them. */
export function trialsAtOnce(lag: number): number {
  return Math.max(Math.min(lag, 2), Math.round(lag / FOR_EACH));
}
