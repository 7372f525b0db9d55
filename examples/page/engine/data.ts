import { digits } from 'paredown';
import type { ClassSamples, DataFacts, ImageChoices, ImagesRead, Reading } from './calls.ts';
import { factsOf } from './data-facts.ts';
import { decodeImage } from './decode-image.ts';
import { byCodePoint, type ClassFile, type NamedFile } from './file-kinds.ts';
import { idxSplits } from './idx-splits.ts';
import { imageSplits, type LabelledImage } from './image-splits.ts';
import { keptData } from './kept-data.ts';
import { Pictures } from './pictures.ts';
import { fetchMnist, readIdxFile } from './read-idx.ts';
import { samplesOf } from './samples.ts';
import type { Session, Splits } from './session.ts';

/** What more than this comes to is not written into the browser's storage. */
const MOST_KEPT = 256 * 2 ** 20;
/** A name of an image that can't be decoded is told, of so many. */
const NAMED = 5;

/** A file of what was chosen; a File keeps its bytes on disk until they are read. */
export interface ChosenFile extends NamedFile {
  readonly file: File;
}

export function dataCalls(session: Session) {
  const pictures = new Pictures();

  /** Takes the data and keeps them for a reload where they fit. */
  async function use(splits: Splits): Promise<DataFacts> {
    await session.useData(splits);
    const bytes = [splits.train, splits.validation, splits.test].reduce((sum, { x }) => sum + x.byteLength, 0);
    await session.store.drop('data', 'training');
    const kept = bytes <= MOST_KEPT && (await session.store.keep({ data: keptData(splits) }));
    return { ...factsOf(splits), kept };
  }

  return {
    /** The built-in set of drawn digits. */
    async useDigits(): Promise<DataFacts> {
      session.checkIdle();
      const splits = digits();
      await session.useData(splits);
      await session.store.drop('data', 'training');
      return factsOf(splits);
    },
    /** MNIST, or data of its form, of its idx files. */
    async useIdx(files: readonly ChosenFile[], reading: Reading): Promise<DataFacts> {
      session.checkIdle();
      const read = [];
      for (const { path, file } of files) {
        reading.progress(read.length, files.length);
        read.push(await readIdxFile(path, file));
      }
      return use(idxSplits(read));
    },
    /** MNIST from below an address. */
    async useMnistFrom(address: string, reading: Reading): Promise<DataFacts> {
      session.checkIdle();
      return use(idxSplits(await fetchMnist(address, (done, of) => reading.progress(done, of))));
    },
    /** Images in folders of classes. Those that can't be decoded are left out and counted. */
    async useImages(
      name: string,
      files: readonly ClassFile<ChosenFile>[],
      { size, channels, seed }: ImageChoices,
      reading: Reading,
    ): Promise<ImagesRead> {
      session.checkIdle();
      const shape = [size, size, channels] as const;
      const classNames = [...new Set(files.map(({ className }) => className))].sort(byCodePoint);
      const images: LabelledImage[] = [];
      const bad: string[] = [];
      for (const [index, { file, className, split }] of files.entries()) {
        if (index % 20 === 0) reading.progress(index, files.length);
        try {
          const decoded = await decodeImage(file.file, shape, seed);
          images.push({ ...decoded, split, label: classNames.indexOf(className) });
        } catch {
          bad.push(file.path);
        }
      }
      if (images.length === 0)
        throw new Error(`None of the ${files.length} images can be decoded by this browser, such as ${bad[0]}.`);
      const data = await use(imageSplits(name, images, classNames, shape));
      return { data, bad: bad.length, firstBad: bad.slice(0, NAMED) };
    },
    async addPicture(className: string, bitmap: ImageBitmap): Promise<void> {
      try {
        pictures.add(className, bitmap);
      } finally {
        bitmap.close();
      }
    },
    async removePicture(className: string, index: number): Promise<void> {
      pictures.remove(className, index);
    },
    async removePictures(className: string): Promise<void> {
      pictures.removeClass(className);
    },
    /** Trains on the pictures of the webcam that there are. */
    async usePictures({ size, channels, seed }: ImageChoices): Promise<DataFacts> {
      session.checkIdle();
      const shape = [size, size, channels] as const;
      const { images, classNames } = await pictures.labelled(shape, seed);
      return use(imageSplits('pictures', images, classNames, shape));
    },
    /** At most so many images of each class. */
    async samples(most: number): Promise<readonly ClassSamples[]> {
      return session.splits ? samplesOf(session.splits, most) : [];
    },
  };
}
