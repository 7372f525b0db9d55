import { readdir } from 'node:fs/promises';
import { join, resolve, sep } from 'node:path';
import { overviewContent } from '../../report/served/overview.ts';
import type { PageContent } from '../../report/served/page-parts.ts';
import { refuseFile } from '../files.ts';
import type { Judgings } from './judgings.ts';
import { ServedFolder } from './served-folder.ts';

/** Studies and trainings lie no deeper below a folder that is named. */
const MOST_DEPTH = 4;
/** So many are served at the most. */
const MOST_FOLDERS = 1000;
/** How often is looked for new ones. */
const LOOK_MILLISECONDS = 2000;

/** The folders that are served: those that were named and, where one is neither a study nor a training, those that lie below it. */
export class Catalogue {
  private readonly folders = new Map<string, ServedFolder>();
  private looked = Number.NEGATIVE_INFINITY;
  private looking: Promise<void> | undefined;

  private constructor(
    private readonly named: readonly string[],
    private readonly judgings: Judgings,
  ) {}

  /** Throws an OptionError for the path of a file. */
  static async open(named: readonly string[], judgings: Judgings): Promise<Catalogue> {
    for (const folder of named) await refuseFile(folder);
    const catalogue = new Catalogue(named, judgings);
    await catalogue.look();
    return catalogue;
  }

  byId(id: string): ServedFolder | undefined {
    return [...this.folders.values()].find((folder) => folder.id === id);
  }

  /** Reads what has changed, one folder after the other. */
  async refresh(): Promise<void> {
    if (performance.now() - this.looked > LOOK_MILLISECONDS)
      this.looking ??= this.look().finally(() => {
        this.looking = undefined;
      });
    await this.looking;
    for (const folder of this.folders.values()) await folder.refresh();
  }

  get stamp(): string {
    return [...this.folders.values()].map(({ id, stamp }) => `${id} ${stamp}`).join('\n');
  }

  content(): PageContent {
    const listed = [...this.folders.values()].map((folder) => folder.listed());
    // What was named but holds nothing is no line of its own beside what lies below it.
    const shown = listed.filter(
      ({ kind, folder }) => kind !== 'nothing' || !listed.some((other) => isBelow(other.folder, folder)),
    );
    const empty = shown.length === 1 && shown[0]?.kind === 'nothing';
    return overviewContent(empty ? [] : shown, `below ${this.named.join(', ')}`);
  }

  /** Adds what has appeared. What is gone stays, and is told to be. */
  private async look(): Promise<void> {
    for (const folder of this.named) {
      this.add(folder);
      await this.lookBelow(folder, 0);
    }
    this.looked = performance.now();
  }

  private async lookBelow(folder: string, depth: number): Promise<void> {
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    const isServed = entries.some((entry) => entry.isFile() && (entry.name === 'study.json' || entry.name === 'run.json'));
    if (isServed) return this.add(folder);
    if (depth === MOST_DEPTH) return;
    // A link may lead anywhere: it is served only where it is named.
    for (const entry of entries)
      if (entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
        await this.lookBelow(join(folder, entry.name), depth + 1);
  }

  private add(folder: string): void {
    const path = resolve(folder);
    if (!this.folders.has(path) && this.folders.size < MOST_FOLDERS)
      this.folders.set(path, new ServedFolder(path, folder, this.judgings));
  }
}

function isBelow(folder: string, other: string): boolean {
  return resolve(folder).startsWith(resolve(other) + sep);
}
