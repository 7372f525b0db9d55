import { batch, signal } from '@preact/signals';
import { transfer } from 'comlink';
import type { DataFacts, ImageChoices, Reading } from '../../engine/calls.ts';
import type { ChosenFile } from '../../engine/data.ts';
import { counted, type Sorted, sortFiles } from '../../engine/file-kinds.ts';
import { engine, proxy } from '../engine.ts';
import { messageOf } from '../messages.ts';
import { confusion, data, reports, training } from '../state.ts';

export type Choosing =
  | { readonly state: 'none' }
  | { readonly state: 'reading'; readonly done: number; readonly of: number }
  /** `notes`: what was left out, a sentence each. */
  | { readonly state: 'chosen'; readonly notes: readonly string[] }
  | { readonly state: 'failed'; readonly why: string };

export const choosing = signal<Choosing>({ state: 'none' });
export const imageChoices = signal<ImageChoices>({ size: 28, channels: 1, seed: 1 });

const reading: Reading = {
  progress(done, of) {
    choosing.value = { state: 'reading', done, of };
  },
};

export const chooseDigits = () => choose(async () => ({ facts: await engine.useDigits(), notes: [] }));

export const chooseMnistFrom = (address: string) =>
  choose(async () => ({ facts: await engine.useMnistFrom(address, proxy(reading)), notes: [] }));

export const choosePictures = () => choose(async () => ({ facts: await engine.usePictures(imageChoices.value), notes: [] }));

/** Idx files, or images in folders of classes. `find` looks which files there are. */
export const chooseFiles = (find: () => Promise<readonly ChosenFile[]>) =>
  choose(async () => {
    const files = await find();
    const sorted = sortFiles(files);
    return sorted.kind === 'idx'
      ? { facts: await engine.useIdx(sorted.files, proxy(reading)), notes: [] }
      : chooseImages(nameOfAll(files), sorted);
  });

async function chooseImages(name: string, { files, leftOut }: Extract<Sorted<ChosenFile>, { kind: 'images' }>) {
  const { data: facts, bad, firstBad } = await engine.useImages(name, files, imageChoices.value, proxy(reading));
  const notes = [
    ...(leftOut > 0 ? [`${counted(leftOut, 'file')} left out: no images, or in no folder of a class.`] : []),
    ...(bad > 0
      ? [
          `${counted(bad, 'image')} could not be decoded and ${bad === 1 ? 'is' : 'are'} left out: ${firstBad.join(', ')}${bad > firstBad.length ? ' and others' : ''}.`,
        ]
      : []),
  ];
  return { facts, notes };
}

/** The folder that was chosen, where it is one. */
function nameOfAll(files: readonly ChosenFile[]): string {
  const tops = new Set(files.map(({ path }) => path.split('/')[0] ?? ''));
  const [top = ''] = tops;
  return tops.size === 1 && top !== '' ? top : 'images';
}

async function choose(work: () => Promise<{ facts: DataFacts; notes: readonly string[] }>): Promise<void> {
  if (choosing.value.state === 'reading') return;
  choosing.value = { state: 'reading', done: 0, of: 0 };
  try {
    const { facts, notes } = await work();
    batch(() => {
      data.value = facts;
      // What was trained was trained on other data.
      reports.value = [];
      confusion.value = undefined;
      training.value = { state: 'none' };
      choosing.value = {
        state: 'chosen',
        notes: facts.kept === false ? [...notes, 'They are not kept for a reload: choose them again then.'] : notes,
      };
    });
  } catch (error) {
    choosing.value = { state: 'failed', why: messageOf(error) };
  }
}

/** A picture of the webcam for a class. */
export const addPicture = (className: string, bitmap: ImageBitmap) => engine.addPicture(className, transfer(bitmap, [bitmap]));
