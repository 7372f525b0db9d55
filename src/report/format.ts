/** 0.9929 as `99.29%`; trailing zeros are left out. */
export function formatPercent(fraction: number): string {
  return `${Number((100 * fraction).toFixed(2))}%`;
}

/** 20000 as `20,000`; numbers below 1 as they are, rounded to four significant digits. */
export function formatPlain(value: number): string {
  const [whole = '0', fraction] = String(Number(value.toPrecision(Math.abs(value) < 1 ? 4 : 12))).split('.');
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, ',');
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}
