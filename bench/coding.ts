/**
 * What the weights of model files take, parameter by parameter: by the range code of `encodeCompressed`, and as Deep Compression counts them,
 * in Huffman codes with the distances between what is not 0.
 */
import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { textTable } from '../src/core/text-table.ts';
import { compressedParts, decodeModel, encodeCompressed } from '../src/node.ts';
import { codedByHuffman } from './coding/deep-compression.ts';

const { positionals } = parseArgs({ allowPositionals: true });
if (positionals.length === 0) {
  process.stderr.write(
    'Usage: npm run bench:coding -- MODEL...\n  MODEL  files of encodeModel or encodeCompressed, pruned and shared\n',
  );
  process.exitCode = 2;
}

for (const path of positionals) {
  const { model, weights } = decodeModel(new Uint8Array(await readFile(path)));
  const file = encodeCompressed(model, weights);
  const parts = new Map(compressedParts(file).map((part) => [part.name, part]));
  let sum = 0;
  const rows = [...weights].map(([name, { data }]) => {
    const coded = codedByHuffman(data);
    // A bias is as short in floats.
    const bits = Math.min(coded.total, 32 * data.length);
    sum += bits / 8;
    const { form = '', bytes = 0 } = parts.get(name) ?? {};
    return [
      name,
      String(data.length),
      `${((100 * coded.kept) / data.length).toFixed(1)}%`,
      String(coded.book),
      `${coded.weightBits} (${coded.weightHuffman.toFixed(1)})`,
      `${coded.indexBits} (${coded.indexHuffman.toFixed(1)})`,
      (bits / 8).toFixed(0),
      bytes.toFixed(0),
      form,
    ];
  });
  const layers = (parts.get('header')?.bytes ?? 0) + (parts.get('model')?.bytes ?? 0);
  const columns = [
    'parameter',
    'numbers',
    'kept',
    'distinct',
    'bits (Huffman)',
    'index (Huffman)',
    'Huffman, bytes',
    'range code, bytes',
    'form',
  ];
  const total = ['all', '', '', '', '', '', sum.toFixed(0), `${file.length}, ${layers.toFixed(0)} of them layers`, ''];
  process.stdout.write(`${path}\n${textTable([columns, ...rows, total], new Set([0])).lines.join('\n')}\n`);
}
