import {
  type Classification,
  type Classifier,
  DataError,
  type DecodedImage,
  LimitError,
  readImage,
  ShapeError,
} from 'paredown/node';
import { explain } from '../common/failure.ts';

/** A file that is an image, or that could not be read as one. */
export type Read =
  | { readonly path: string; readonly image: DecodedImage; readonly problem?: undefined }
  | { readonly path: string; readonly image?: undefined; readonly problem: string };

export type Answer =
  | { readonly path: string; readonly classes: readonly Classification[]; readonly problem?: undefined }
  | { readonly path: string; readonly classes?: undefined; readonly problem: string };

export interface GroupSize {
  readonly images: number;
  /** A group ends with the image that brings it to so many. */
  readonly pixels: number;
}

/** Reads files one after the other, and gives them in groups, in their order: what is decoded at a time is bounded. */
export async function* inGroups(paths: readonly string[], most: GroupSize): AsyncGenerator<readonly Read[]> {
  let group: Read[] = [];
  let pixels = 0;
  for (const path of paths) {
    const read = await readable(path);
    group.push(read);
    if (read.image) pixels += read.image.width * read.image.height;
    if (group.length < most.images && pixels < most.pixels) continue;
    yield group;
    group = [];
    pixels = 0;
  }
  if (group.length > 0) yield group;
}

async function readable(path: string): Promise<Read> {
  try {
    return { path, image: await readImage(path) };
  } catch (error) {
    return { path, problem: explain(error).message };
  }
}

/** What a group shows, in its order. Where one image is refused, the others are classified all the same. */
export async function answersFor(group: readonly Read[], network: Pick<Classifier, 'classify'>): Promise<readonly Answer[]> {
  const images = group.flatMap(({ image }) => image ?? []);
  try {
    const found = (await network.classify(images)).values();
    return group.map((read) => (read.image ? { path: read.path, classes: found.next().value ?? [] } : read));
  } catch (error) {
    if (!isRefusal(error)) throw error;
  }
  const answers: Answer[] = [];
  for (const read of group) answers.push(read.image ? await answerFor(read.path, read.image, network) : read);
  return answers;
}

async function answerFor(path: string, image: DecodedImage, network: Pick<Classifier, 'classify'>): Promise<Answer> {
  try {
    return { path, classes: await network.classify(image) };
  } catch (error) {
    if (!isRefusal(error)) throw error;
    return { path, problem: explain(error).message.replace(/^classify: the image:? /, '') };
  }
}

/** Whether it is an image that was refused, and not the classifier that failed. */
function isRefusal(error: unknown): boolean {
  return [DataError, LimitError, ShapeError].some((kind) => error instanceof kind);
}
