import { InvalidArgumentError } from 'commander';
import { type Augmentation, canonicalJson } from 'paredown/node';

export const AUGMENT_HELP = 'random changes of training images: shift=2,crop=2,rotation=10,scale=0.9:1.1,flip=horizontal';

const KNOWN = 'shift=2, crop=2 (pixels), rotation=10 (degrees), scale=0.9:1.1, flip=horizontal';

/** `shift=2,flip=horizontal`, for commander. */
export function augmentation(text: string): Augmentation {
  const entries = text.split(',').map((part) => {
    const [name = '', value = ''] = part.split('=');
    const numbers = value.split(':').map((number) => (number.trim() === '' ? Number.NaN : Number(number)));
    if (name === 'flip' && ['horizontal', 'vertical', 'both'].includes(value)) return [name, value] as const;
    if (name === 'scale' && numbers.length === 2 && numbers.every(Number.isFinite)) return [name, numbers] as const;
    if (['shift', 'crop', 'rotation'].includes(name) && numbers.length === 1 && numbers.every(Number.isFinite))
      return [name, numbers[0]] as const;
    throw new InvalidArgumentError(`'${part}' is none of ${KNOWN}.`);
  });
  return Object.fromEntries(entries) as Augmentation;
}

/** How an augmentation is typed; undefined where it can't be. */
export function augmentationText(augment: Augmentation): string | undefined {
  const parts = Object.entries(augment).map(
    ([name, value]) => `${name}=${Array.isArray(value) ? value.join(':') : String(value)}`,
  );
  const text = parts.join(',');
  try {
    return canonicalJson(augmentation(text)) === canonicalJson(augment) ? text : undefined;
  } catch (error) {
    if (error instanceof InvalidArgumentError) return undefined;
    throw error;
  }
}
