/** Keys of trials are so long. */
const KEY = /\b[0-9a-f]{24}\b/g;

/** A change in words, with trials by their numbers where they are known. */
export function changeText(change: string, numbers: ReadonlyMap<string, number>): string {
  return change.replace(KEY, (key) => {
    const number = numbers.get(key);
    return number === undefined ? key : `trial ${number}`;
  });
}

/** Kinds of change whose words alone would tell apart what is alike, and leave together what is not. */
const KINDS: readonly (readonly [pattern: RegExp, kind: (match: RegExpExecArray) => string])[] = [
  [/^crossed with /, () => 'crossed with another'],
  [/^(\d+) -> (\d+) (filters|units|times)/, ([, from, to, what]) => `${Number(to) > Number(from) ? 'more' : 'fewer'} ${what}`],
  [/^without \d+ (filters|units)/, ([, what]) => `without a layer of ${what}`],
  [/^all widths times (.*)$/, ([, factor]) => `all widths ${Number(factor) > 1 ? 'up' : 'down'}`],
  [/^\d+x\d+ -> \d+x\d+/, () => 'another window'],
  [/^(?:pool|\w+Pool2d) \d+x\d+ -> /, () => 'another pooling'],
  [/^stride /, () => 'another stride'],
  [/^\d+x\d+ separated/, () => 'separated'],
  [/^with a (\w+) before layer/, ([, what]) => `with a ${what}`],
  [/^activation /, () => 'another activation'],
  [/^(?:same|valid) padding/, () => 'another padding'],
  [/once more$/, () => 'layers once more'],
  [/^(optimizer|schedule|batch|labelSmoothing|augment|averaging) /, ([, part]) => `recipe: ${part}`],
  [/^[\w/.-]+ \d+ -> \d+(?:, |$)/, () => 'narrowed by importance'],
  [/^sample: /, () => 'of a designed sample'],
  [/^trained for \d+ samples, since/, () => 'beyond the full length, since its error still fell'],
  [/^trained for \d+ samples/, () => 'trained for longer'],
];

/** Of what kind a change is, without its numbers; several at once are a kind of their own. */
export function kindOfChange(change: string): string {
  const steps = change.split('; ').filter((step) => step !== '');
  if (steps.length > 1)
    return steps[0]?.startsWith('crossed with ') ? 'crossed with another, and changed' : 'several changes at once';
  const step = steps[0] ?? '';
  for (const [pattern, kind] of KINDS) {
    const match = pattern.exec(step);
    if (match) return kind(match);
  }
  return step.replace(/\b\d+(?:\.\d+)?\b/g, 'n') || 'not told';
}
