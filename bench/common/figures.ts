/** Three digits: 126, 10.7, 0.153. */
export function digits(value: number | undefined): string {
  if (value === undefined || !Number.isFinite(value)) return '';
  const size = Math.abs(value);
  return value.toFixed(size >= 99.95 ? 0 : size >= 9.995 ? 1 : size >= 0.9995 ? 2 : 3);
}

export function percent(share: number | undefined): string {
  return share === undefined || !Number.isFinite(share) ? '' : `${(100 * share).toFixed(share < 0.01 ? 1 : 0)}%`;
}

/** 12x, 1,234x, 0.85x. */
export function times(factor: number | undefined): string {
  if (factor === undefined || !Number.isFinite(factor)) return '';
  return factor >= 1000 ? `${Math.round(factor).toLocaleString('en-US')}x` : `${digits(factor)}x`;
}
