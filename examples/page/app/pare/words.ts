import type { Objective, Point, StudyView } from '../../engine/search/calls.ts';
import { count, percent } from '../numbers.ts';

/** `95%`, `97.5%`: a floor as it was given. */
export const floorOf = ({ floor }: Pick<StudyView, 'floor'>): string => `${Number((100 * floor).toFixed(4))}%`;

export const UNITS: Readonly<Record<Objective, string>> = { parameters: 'parameters', bytes: 'bytes of the compressed file' };

export const costOf = ({ cost }: Pick<Point, 'cost'>, objective: Objective): string =>
  `${count(Math.round(cost))} ${objective === 'bytes' ? 'bytes' : 'parameters'}`;

const NUMBERS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten'];
export const inWords = (number: number): string => NUMBERS[number] ?? count(number);

/** What a network's accuracy stands on, in a few words. */
export function evidenceInShort({ evidence, seeds, bound }: Point): string {
  switch (evidence) {
    case 'holds':
      return `holds the floor: bound ${percent(bound ?? Number.NaN)}, ${inWords(seeds)} seeds`;
    case 'below':
      return `bound ${percent(bound ?? Number.NaN)}, below the floor, ${inWords(seeds)} seeds`;
    case 'once':
      return 'one training, not confirmed';
    case 'handed':
      return 'weights handed down, not confirmed';
    case 'short':
      return 'short training, not confirmed';
  }
}

/** The same in sentences. */
export function evidenceInWords(point: Point, study: StudyView): string {
  const { evidence, seeds, bound = Number.NaN, accuracy, samples } = point;
  const floor = floorOf(study);
  const mean = `${percent(accuracy)} on validation images`;
  const only = 'The images that it was chosen by may flatter it.';
  switch (evidence) {
    case 'holds':
      return `It holds ${floor} by the one-sided 95% bound over ${inWords(seeds)} seeds, ${percent(bound)}; on the mean ${mean}.`;
    case 'below':
      return `It does not hold ${floor}: the one-sided 95% bound over ${inWords(seeds)} seeds is ${percent(bound)}; on the mean ${mean}.`;
    case 'once':
      return `${mean}, one training of full length from nothing, not confirmed. ${only}`;
    case 'handed':
      return `${mean}, with weights that were handed down from a larger network and trained on for ${count(samples)} images: not confirmed, and from nothing it may not come there. ${only}`;
    case 'short':
      return `${mean}, after a short training, ${count(samples)} images of ${count(study.fullSamples)}: not confirmed.`;
  }
}
