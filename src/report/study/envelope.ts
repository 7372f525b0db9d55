import type { Problem } from '../../search/strategy.ts';
import { frontBy } from './charts.ts';
import type { Facts, Network } from './facts.ts';
import { html, type Markup, tableOf } from './markup.ts';
import { count, NOTHING, percent } from './text.ts';

/** A step of s(f): with this cost accuracies are reached that nothing smaller reaches. */
export interface Step {
  readonly cost: number;
  /** Up to which f the bound of a network of this cost, with at least five seeds, reaches; undefined where it reaches no further than smaller ones. */
  readonly byBound?: number;
  /** The same of means. */
  readonly byMean?: number;
  readonly networks: readonly Network[];
}

/** Where s(f) rises, by rising cost. */
export function stepsOf(facts: Facts): Step[] {
  const { byBound, byMean } = envelopesOf(facts);
  const costs = [...new Set([...byBound, ...byMean].map(({ cost }) => cost))].sort((a, b) => a - b);
  return costs.map((cost) => {
    const certain = byBound.find((network) => network.cost === cost);
    const likely = byMean.find((network) => network.cost === cost);
    const networks = [...new Set([certain, likely])].filter((network) => network !== undefined);
    return { cost, byBound: certain?.bound, byMean: likely?.accuracy, networks };
  });
}

export function envelopeTable({ floor }: Problem, facts: Facts, name: string): Markup {
  const rows = stepsOf(facts);
  const holds = rows.findIndex(({ byBound }) => byBound !== undefined && byBound > floor);
  const columns = [
    { title: name, kind: 'number' },
    { title: 'the bound reaches f up to', kind: 'number' },
    { title: 'the mean reaches f up to', kind: 'number' },
    { title: 'trial', kind: 'number' },
  ] as const;
  return tableOf(
    html`The steps of s(f) on validation data: for an accuracy f, the first row that reaches it has the least cost${holds >= 0 && `; the first that holds the floor of ${percent(floor)} is marked`}`,
    columns,
    rows.map(({ cost, byBound, byMean, networks }) => [
      count(cost),
      percent(byBound),
      percent(byMean),
      networks.map(
        ({ number }, at) => html`${at > 0 && ', '}${number === undefined ? NOTHING : html`<a href="#t${number}">${number}</a>`}`,
      ),
    ]),
    { emphasis: (row) => row === holds },
  );
}

/** The networks of both curves of s(f), by rising cost. */
export function envelopesOf(facts: Facts): { readonly byBound: readonly Network[]; readonly byMean: readonly Network[] } {
  return { byBound: frontBy(facts.confirmed, ({ bound }) => bound), byMean: frontBy(facts.networks, ({ accuracy }) => accuracy) };
}
