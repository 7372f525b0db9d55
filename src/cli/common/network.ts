import { stat } from 'node:fs/promises';
import { type Model, parseModel, readJson, type Weights, zoo } from 'paredown/node';
import { closest } from './closest.ts';
import { fileFault } from './files.ts';
import { paredownCommand } from './invocation.ts';
import { openModel } from './model-file.ts';
import { UsageError } from './usage-error.ts';

/** A network, and its weights where it has them. */
export interface TrainedNetwork {
  readonly model: Model;
  readonly weights?: Weights;
}

/** A network of the zoo, or that of a file or of a run's folder. Throws a UsageError that names the option. */
export async function networkNamed(option: string, name: string): Promise<Model> {
  const found = isInZoo(name) ? zoo[name] : undefined;
  if (found) return found;
  if ((await stat(name).catch(() => undefined)) !== undefined) return networkFile(option, name);
  const near = closest(name, Object.keys(zoo));
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  throw new UsageError(
    `${option} ${name}: there is no such file, and the zoo has no such network${meant}; its networks are listed by: ${paredownCommand('zoo')}`,
  );
}

/** Whether the zoo has a network of this name, which is not looked for among files then. */
export function isInZoo(name: string): boolean {
  return Object.hasOwn(zoo, name);
}

/** The network of a .json file, or that of a saved model or of a run's folder. Throws a UsageError that names the option. */
export async function networkFile(option: string, path: string): Promise<Model> {
  return (await trainedFile(option, path)).model;
}

/** The same, and the weights that a saved model has. */
export function trainedFile(option: string, path: string): Promise<TrainedNetwork> {
  return named(option, path, async (what) =>
    path.toLowerCase().endsWith('.json') ? { model: parseModel(await readJson(path, what)) } : await openModel(path),
  );
}

/** What a file holds; says of which option an error is. Throws a UsageError. */
export async function named<T>(option: string, path: string, read: (what: string) => Promise<T>): Promise<T> {
  const what = `${option} ${path}`;
  try {
    return await read(what);
  } catch (error) {
    const message = fileFault(error) ?? (error instanceof Error ? error.message : String(error));
    const problem = [what, path].reduce(
      (text, start) => (text.startsWith(`${start}: `) ? text.slice(start.length + 2) : text),
      message,
    );
    throw new UsageError(problem.startsWith(what) ? problem : `${what}: ${problem}`);
  }
}
