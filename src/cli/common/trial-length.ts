import type { Trial } from 'paredown/node';
import { grouped } from './format.ts';

/** `10,000 samples`; of several trainings, from other seeds or at other learning rates, `5 x 10,000 samples`. */
export function trialLength({ seeds, rates, samples }: Pick<Trial, 'seeds' | 'rates' | 'samples'>): string {
  const trainings = seeds.length * rates.length;
  return `${trainings > 1 ? `${trainings} x ` : ''}${grouped(samples)} samples`;
}
