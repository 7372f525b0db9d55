import { join } from 'node:path';
import { DataError } from '../../core/errors.ts';
import { counted } from '../../data/stratify.ts';
import { isImageName } from '../images/formats.ts';
import { classFolders } from './class-folders.ts';
import { idxPairs } from './idx-pairs.ts';
import { firstTen } from './report.ts';
import type { ImageSource } from './source.ts';
import { imagesBelow, kindOf, LeftOut, type Listing, list } from './tree.ts';

/** What a folder holds: idx files, else images in a folder for each class. Throws DataError where it is neither, or both. */
export async function openFolder(dir: string): Promise<ImageSource> {
  const leftOut = new LeftOut();
  const root = await list(dir, leftOut);
  const idx = await idxWithin(root, leftOut);
  if (idx) return idx;
  const folders = await classFolders(root, leftOut);
  if (folders) return folders;
  throw nothingToRead(root, leftOut);
}

function nothingToRead({ path, folders, files }: Listing, leftOut: LeftOut): DataError {
  const others = files.filter((name) => !isImageName(name));
  for (const name of others) leftOut.add(kindOf(name));
  const loose = files.length - others.length;
  const lines = leftOut.lines();
  const advice = [
    ...(loose > 0 ? [`Sort the images into one folder for each class: ${join(path, '<class>')}`] : []),
    ...(leftOut.has(kindOf('pixels.csv'))
      ? [
          "CSV is not read: write each row's pixels as an image into the folder of its class, or take idx files, where the data set " +
            'comes in them too, as MNIST does',
        ]
      : []),
  ];
  return new DataError(
    `${path}: holds no images of classes. Found ${counted(folders.length, 'folder')}, ${counted(loose, 'image')} and ` +
      `${counted(others.length, 'other file')} in it${lines.length > 0 ? ` (left out: ${firstTen(lines)})` : ''}; expected ` +
      'FOLDER/<class>/*.png or *.jpg, FOLDER/train/<class>/*.png with FOLDER/test/<class>/*.png, or idx files such as ' +
      `train-images-idx3-ubyte and train-labels-idx1-ubyte${advice.map((line) => `. ${line}`).join('')}`,
  );
}

/** How deep idx files may lie below folders of which each is alone, such as `archive` or torchvision's `MNIST/raw`. */
const LONE_FOLDERS = 2;

async function idxWithin(root: Listing, leftOut: LeftOut): Promise<ImageSource | undefined> {
  let folder = root;
  // What is left out on the way counts where idx files are found at its end alone.
  const onTheWay = new LeftOut();
  onTheWay.addAll(leftOut);
  for (let depth = 0; ; depth++) {
    const idx = await idxPairs(folder, onTheWay);
    if (idx) {
      await checkNoImages(folder);
      return idx;
    }
    const [name, ...others] = folder.folders;
    if (depth === LONE_FOLDERS || name === undefined || others.length > 0) return undefined;
    for (const file of folder.files) onTheWay.add(kindOf(file, 'idx file'));
    folder = await list(join(folder.path, name), onTheWay);
  }
}

async function checkNoImages({ path, folders }: Listing): Promise<void> {
  for (const name of folders) {
    const [image] = await imagesBelow(join(path, name), new LeftOut());
    if (image) throw new DataError(`${path}: holds idx files and images of classes (${image}); keep one kind in the folder`);
  }
}
