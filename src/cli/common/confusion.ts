import { confusionTable } from 'paredown/node';

/** More columns are no table any more. */
const MOST_CLASSES = 25;

/** The confusion matrix with what its classes are called, and an empty line; nothing where there is none, or too many classes. */
export function confusionText(
  confusion: readonly (readonly number[])[] | undefined,
  classNames: readonly string[] | undefined,
): string {
  if (!confusion || confusion.length > MOST_CLASSES) return '';
  const telling = classNames?.some((name, label) => name !== String(label));
  return `${confusionTable(confusion, confusion.length, telling ? classNames : undefined)}\n\n`;
}
