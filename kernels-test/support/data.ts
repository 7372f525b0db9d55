import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The folder of real data sets (`mnist/` and others): `PAREDOWN_DATA`, else `shared/data` beside the repository, if there. */
export function dataFolder(): string | undefined {
  const beside = fileURLToPath(new URL('../../../shared/data', import.meta.url));
  return [process.env.PAREDOWN_DATA, beside].find((folder) => folder && existsSync(folder));
}
