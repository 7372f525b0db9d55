import type { Loaded, Point } from '../../engine/search/calls.ts';

/** What became of a network of the front as the one that is asked. */
export type Asked =
  | { readonly state: 'loading' | 'training' | 'lost'; readonly point: Point }
  | { readonly state: 'loaded'; readonly point: Point; readonly loaded: Loaded }
  | { readonly state: 'failed'; readonly point: Point; readonly why: string };

/** Of the network, whatever trial of it was asked for. */
export const askedOf = ({ network }: Point, asked: Asked | undefined): Asked | undefined =>
  asked?.point.network === network ? asked : undefined;

/**
 * The network that is looked at, as the front has it now: another trial of it may have taken the place of the one that was chosen, such as
 * its confirmation. `load`: its weights are kept now, and were not tried yet. Undefined where the front has it no more.
 */
export function followed(
  chosen: Point,
  asked: Asked | undefined,
  front: readonly Point[],
): { readonly point: Point; readonly load: boolean } | undefined {
  const point = front.find(({ network }) => network === chosen.network);
  if (!point) return undefined;
  const mine = askedOf(point, asked);
  const tried = mine && (mine.state === 'lost' || mine.state === 'failed') ? mine.point : mine ? undefined : chosen;
  const isNews = tried !== undefined && (tried.key !== point.key || !tried.kept);
  return { point, load: point.kept && isNews };
}
