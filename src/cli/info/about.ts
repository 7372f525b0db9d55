import { percent } from '../common/format.ts';

/** What a file tells of where its network comes from, as `search best --save` writes it; empty where it tells nothing. */
export function aboutText(about: Readonly<Record<string, unknown>> | undefined): string {
  if (!about) return '';
  const { training, seed, validation, confirmation, test, study, trial, created } = about;
  const words = isObject(training) && typeof training.words === 'string' ? [training.words] : [];
  const figures = Object.entries({ validation, 'kept back': confirmation, test }).flatMap(([name, value]) =>
    typeof value === 'number' ? [`${name} ${percent(value)}`] : [],
  );
  const found =
    typeof study === 'string' && typeof trial === 'string' ? [`found by a search: study ${study}, trial ${trial}`] : [];
  return [
    ...words,
    ...(typeof seed === 'number' ? [`seed ${seed}`] : []),
    ...(figures.length > 0 ? [`accuracy ${figures.join(', ')}`] : []),
    ...found.map((text) => (typeof created === 'string' ? `${text}, begun ${created.slice(0, 10)}` : text)),
  ].join('; ');
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}
