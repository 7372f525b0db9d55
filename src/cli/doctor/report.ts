import { grouped, hangingIndent } from '../common/format.ts';
import type { AdapterReport, DoctorReport, Folder } from './types.ts';

const LABEL = 12;
const MOST_ENTRIES = 8;

export function reportText(report: DoctorReport): string {
  const { paredown, node, webgpu, system, processor, cores, memoryBytes, graphics, environment, adapter, caches, faster } =
    report;
  const lines = [
    labelled('paredown', `${paredown}, Node ${node}, Dawn by webgpu ${webgpu ?? '(not found)'}`),
    labelled('system', system),
    labelled('processor', `${processor}, ${cores} threads, ${gigabytes(memoryBytes)} of memory`),
    ...(graphics.length > 0 ? [labelled('graphics', graphics.join(', '))] : []),
    ...Object.entries(environment).map(([name, value], index) => labelled(index === 0 ? 'environment' : '', `${name}=${value}`)),
    '',
    ...adapterLines(adapter),
    '',
    labelled('cache', folderText(caches.cache)),
    labelled('data', caches.data ? folderText(caches.data) : 'PAREDOWN_DATA is not set: downloads are kept in the cache'),
    labelled('tuned', `${grouped(caches.tunedKernels)} kernels measured on this adapter`),
    ...(faster.length > 0 ? ['', 'What would be faster:', ...faster.map((line) => `- ${line}`)] : []),
  ];
  const columns = Math.max(60, Math.min(120, process.stdout.columns ?? 120));
  return `${lines.map((line) => hangingIndent(line, columns, line.startsWith('- ') ? 2 : LABEL)).join('\n')}\n`;
}

function adapterLines(adapter: AdapterReport): string[] {
  if ('problem' in adapter)
    return [labelled('adapter', `NONE. ${adapter.problem}`), ...(adapter.advice ? [labelled('what to do', adapter.advice)] : [])];
  const { info, features, limits, test } = adapter;
  const names = [info.description || info.device || 'unnamed', info.vendor, info.architecture].filter(Boolean);
  const engine = ['shader-f16', 'subgroups', 'timestamp-query'].map(
    (name) => `${name} ${features.includes(name) ? 'yes' : 'no'}`,
  );
  const sizes = Object.entries(limits).map(([name, value]) => labelled('', `${name} ${grouped(value)}`));
  return [
    labelled(
      'adapter',
      `${[...new Set(names)].join(', ')}; ${info.kind === 'cpu' ? 'software: it computes on the processor' : 'a GPU'}`,
    ),
    labelled('works', testText(test)),
    labelled('features', engine.join(', ')),
    ...sizes.map((line, index) => (index === 0 ? `limits${line.slice('limits'.length)}` : line)),
  ];
}

function testText({ works, difference, milliseconds }: Extract<AdapterReport, { info: unknown }>['test']): string {
  const found = `a convolution differs from the processor's by ${difference.toExponential(1)} of its largest value`;
  return works
    ? `yes: ${found}; ${Math.round(milliseconds)} ms with its compilation`
    : `NO: ${found}. Try another driver, or report this adapter`;
}

function folderText({ path, exists, bytes, entries }: Folder): string {
  if (!exists) return `${path} (not there yet)`;
  if (entries.length === 0) return `${path} (empty)`;
  const rest = entries.length - MOST_ENTRIES;
  const shown = [...entries.slice(0, MOST_ENTRIES), ...(rest > 0 ? [`${rest} more`] : [])];
  return `${path}, ${megabytes(bytes)}: ${shown.join(', ')}`;
}

function labelled(label: string, text: string): string {
  return `${label.padEnd(LABEL)}${text}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

function gigabytes(bytes: number): string {
  return `${(bytes / 2 ** 30).toFixed(1)} GiB`;
}
