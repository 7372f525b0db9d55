/** Exif data with two entries, of which the second tells the orientation. */
export function exifOf(orientation: number, littleEndian = false): Uint8Array {
  const bytes = new Uint8Array(8 + 2 + 2 * 12 + 4);
  const view = new DataView(bytes.buffer);
  const short = (at: number, value: number) => view.setUint16(at, value, littleEndian);
  const long = (at: number, value: number) => view.setUint32(at, value, littleEndian);
  view.setUint16(0, littleEndian ? 0x4949 : 0x4d4d);
  short(2, 42);
  long(4, 8);
  short(8, 2);
  // The width of the image, then the orientation: each a tag, the type SHORT, a count and the value.
  for (const [at, tag, value] of [
    [10, 256, 99],
    [22, 274, orientation],
  ] as const) {
    short(at, tag);
    short(at + 2, 3);
    long(at + 4, 1);
    short(at + 8, value);
  }
  return bytes;
}
