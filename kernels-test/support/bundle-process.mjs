// Runs a bundle that was made for browsers where `navigator.gpu` is Dawn's: its path, a model's file and an image as JSON are the arguments.
import { readFile } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import { create, globals } from 'webgpu';

const [bundle, model, image] = process.argv.slice(2);
Object.assign(globalThis, globals);
Object.defineProperty(globalThis, 'navigator', { value: { gpu: create([]) }, configurable: true });
await import(pathToFileURL(bundle ?? '').href);
const { width, height, data } = JSON.parse(image ?? '');
const pixels = { width, height, data: Uint8ClampedArray.from(data) };
console.log(JSON.stringify(await Reflect.get(globalThis, 'classify')(await readFile(model ?? ''), pixels)));
process.exit(0);
