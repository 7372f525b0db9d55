import { load, type Model, parseModel, readJson, zoo } from 'paredown/node';
import { closest } from './closest.ts';
import { fileFault } from './files.ts';
import { paredownCommand } from './invocation.ts';
import { UsageError } from './usage-error.ts';

/** A network of the zoo. Throws a UsageError that tells how to find the right one. */
export function zooNetwork(option: string, name: string): Model {
  const found = Object.hasOwn(zoo, name) ? zoo[name] : undefined;
  if (found) return found;
  const near = closest(name, Object.keys(zoo));
  const meant = near === undefined ? '' : ` (did you mean ${near}?)`;
  throw new UsageError(`${option} ${name}: the zoo has no such network${meant}; they are listed by: ${paredownCommand('zoo')}`);
}

/** The network of a .json file, or that of a saved model. Throws a UsageError that names the option. */
export function networkFile(option: string, path: string): Promise<Model> {
  return named(`${option} ${path}`, async (what) =>
    path.toLowerCase().endsWith('.json') ? parseModel(await readJson(path, what)) : (await load(path)).model,
  );
}

/** Says of which option an error is. */
export async function named<T>(what: string, read: (what: string) => Promise<T>): Promise<T> {
  try {
    return await read(what);
  } catch (error) {
    const message = fileFault(error) ?? (error instanceof Error ? error.message : String(error));
    throw new UsageError(message.startsWith(what) ? message : `${what}: ${message}`);
  }
}
