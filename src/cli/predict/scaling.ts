import { InvalidArgumentError } from 'commander';

/** 1/255 or 0.0039. */
export function factor(text: string): number {
  const [above = '', below = '1', ...rest] = text.split('/');
  const value = Number(above) / Number(below);
  if (above.trim() === '' || below.trim() === '' || rest.length > 0 || !Number.isFinite(value) || value === 0)
    throw new InvalidArgumentError('It must be a number other than 0, such as 1/255 or 0.0039.');
  return value;
}

export function anyNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value)) throw new InvalidArgumentError('It must be a number, such as -1.');
  return value;
}
