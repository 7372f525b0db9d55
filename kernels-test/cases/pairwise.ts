/**
 * Rows of levels, one level a factor, in which every pair of levels of any two factors meets at least once: bugs live where two
 * settings meet, and the full product would be thousands of rows. Greedy: each row starts from a pair not met yet and gives the
 * other factors, in turn, the level that meets most new pairs with those already chosen (the least used one where equal).
 */
export function pairwise<F extends Readonly<Record<string, readonly unknown[]>>>(factors: F): { [K in keyof F]: F[K][number] }[] {
  const names = Object.keys(factors);
  const levelCounts = names.map((name) => (factors[name] as readonly unknown[]).length);
  const key = (i: number, a: number, j: number, b: number) => (i < j ? `${i},${a},${j},${b}` : `${j},${b},${i},${a}`);
  const open = new Map<string, readonly [number, number, number, number]>();
  levelCounts.forEach((aCount, i) => {
    levelCounts.forEach((bCount, j) => {
      if (j <= i) return;
      for (let a = 0; a < aCount; a++) for (let b = 0; b < bCount; b++) open.set(key(i, a, j, b), [i, a, j, b]);
    });
  });
  const used = levelCounts.map((count) => new Array<number>(count).fill(0));
  const rows: { [K in keyof F]: F[K][number] }[] = [];
  for (;;) {
    const [start] = open.values();
    if (!start) return rows;
    const row = new Map<number, number>([
      [start[0], start[1]],
      [start[2], start[3]],
    ]);
    names.forEach((_, factor) => {
      if (row.has(factor)) return;
      const score = (level: number) => {
        const met = [...row].filter(([other, chosen]) => open.has(key(factor, level, other, chosen))).length;
        return met - ((used[factor]?.[level] ?? 0) + 1) / 1e6;
      };
      const levels = Array.from({ length: levelCounts[factor] ?? 0 }, (_, level) => level);
      row.set(
        factor,
        levels.reduce((best, level) => (score(level) > score(best) ? level : best)),
      );
    });
    for (const [i, a] of row) {
      const counts = used[i] as number[];
      counts[a] = (counts[a] ?? 0) + 1;
      for (const [j, b] of row) open.delete(key(i, a, j, b));
    }
    const levels = names.map((name, i) => [name, factors[name]?.[row.get(i) ?? 0]]);
    rows.push(Object.fromEntries(levels) as { [K in keyof F]: F[K][number] });
  }
}
