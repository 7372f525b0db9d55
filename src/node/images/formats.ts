import { extname } from 'node:path';

/** The formats that are read. */
export type ImageFormat = 'PNG' | 'JPEG';

/** The names that the files of the formats have that are read. */
const READ = new Set(['.png', '.jpg', '.jpeg', '.jpe', '.jfif']);

/** Whether a file is taken for an image to read, by its name. */
export const isImageName = (name: string) => READ.has(extname(name).toLowerCase());

/** Formats of images, and of arrays that may hold some, that are not read, by the endings of their files' names. */
const OTHERS: ReadonlyMap<string, string> = new Map([
  ['.webp', 'WebP'],
  ['.gif', 'GIF'],
  ['.bmp', 'BMP'],
  ['.dib', 'BMP'],
  ['.tif', 'TIFF'],
  ['.tiff', 'TIFF'],
  ['.heic', 'HEIC'],
  ['.heif', 'HEIF'],
  ['.avif', 'AVIF'],
  ['.jxl', 'JPEG XL'],
  ['.jp2', 'JPEG 2000'],
  ['.svg', 'SVG'],
  ['.ico', 'ICO'],
  ['.ppm', 'PNM'],
  ['.pgm', 'PNM'],
  ['.pbm', 'PNM'],
  ['.npy', 'NumPy'],
  ['.npz', 'NumPy'],
  ['.mat', 'MATLAB'],
  ['.h5', 'HDF5'],
  ['.hdf5', 'HDF5'],
  ['.parquet', 'Parquet'],
]);

/** The format that the name of an image tells that is not read. */
export const otherFormat = (name: string) => OTHERS.get(extname(name).toLowerCase());

/** What packs files, by the endings of names. */
const PACKED = new Set(['.gz', '.bz2', '.xz', '.zst', '.zip', '.tar', '.tgz', '.7z', '.rar']);

/** Whether a file holds others, or another, by its name. */
export const isPackedName = (name: string) => PACKED.has(extname(name).toLowerCase());

/** What a person is told of an image in another format. */
export const notRead = (format: string) => `${format} is not read; convert to PNG or JPEG`;

/** How files begin: hexadecimal digits from a byte on. */
const BEGINNINGS: readonly (readonly [format: string, from: number, digits: string])[] = [
  ['PNG', 0, '89504e470d0a1a0a'],
  ['JPEG', 0, 'ffd8'],
  ['WebP', 8, '57454250'],
  ['GIF', 0, '47494638'],
  ['TIFF', 0, '49492a00'],
  ['TIFF', 0, '4d4d002a'],
  ['AVIF', 4, '6674797061766966'],
  ['AVIF', 4, '6674797061766973'],
  ['HEIC', 4, '6674797068656963'],
  ['HEIC', 4, '6674797068656978'],
  ['HEIF', 4, '667479706d696631'],
  ['HEIF', 4, '667479706d736631'],
  ['JPEG XL', 0, 'ff0a'],
  ['JPEG XL', 4, '4a584c200d0a870a'],
  ['JPEG 2000', 4, '6a5020200d0a870a'],
  ['PDF', 0, '25504446'],
  ['BMP', 0, '424d'],
];

/** The format of a file by its first bytes. */
export function formatOf(start: Uint8Array): string | undefined {
  const digits = Buffer.from(start.subarray(0, 16)).toString('hex');
  return BEGINNINGS.find(([, from, beginning]) => digits.startsWith(beginning, 2 * from))?.[0];
}
