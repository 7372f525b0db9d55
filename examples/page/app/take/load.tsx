import { useSignal } from '@preact/signals';
import { useDroppedFile } from '../drop.ts';
import { engine } from '../engine.ts';
import { messageOf } from '../messages.ts';
import { count } from '../numbers.ts';
import { subjectVersion } from '../state.ts';
import { subject } from '../subject.ts';

const RANGES = [
  [0, 1],
  [-1, 1],
  [0, 255],
] as const;

type Said = { readonly state: 'none' | 'reading' } | { readonly state: 'loaded' | 'failed'; readonly text: string };

/** A network from a file, chosen or dropped. */
export function Load() {
  const said = useSignal<Said>({ state: 'none' });
  const take = async (file: File) => {
    said.value = { state: 'reading' };
    try {
      const { name, parameters } = await engine.load(file);
      subjectVersion.value++;
      said.value = { state: 'loaded', text: `${file.name}: the network ${name}, ${count(parameters)} parameters.` };
    } catch (error) {
      said.value = { state: 'failed', text: `${file.name} can't be loaded. ${messageOf(error)}` };
    }
  };
  useDroppedFile(take);
  const { value } = said;
  return (
    <section class="panel" aria-labelledby="load">
      <h2 id="load">Load a network</h2>
      <label class="field">
        safetensors or a compressed file of paredown, or ONNX; chosen here, or dropped on this page
        <input
          type="file"
          accept=".safetensors,.paredown,.onnx"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) void take(file);
            currentTarget.value = '';
          }}
        />
      </label>
      <p class="status" role="status">
        {value.state === 'reading' && 'Reads …'}
        {value.state === 'loaded' && value.text}
      </p>
      {value.state === 'failed' && (
        <p class="notice bad" role="alert">
          {value.text}
        </p>
      )}
      <Scaling />
      {subject.value && (
        <p>
          <a href="#/draw">Draw for it</a>
        </p>
      )}
    </section>
  );
}

/** What pixels are to a network whose file does not tell. */
function Scaling() {
  const { value } = subject;
  if (!value?.scalingAssumed) return null;
  const scale = async (index: number) => {
    const [least, most] = RANGES[index] ?? RANGES[0];
    await engine.scalePixels(least, most);
    subjectVersion.value++;
  };
  return (
    <label class="field">
      Its file does not tell how pixels are scaled: they are to it
      <select
        value={RANGES.findIndex(([least]) => least === value.range[0]) === 1 ? 1 : value.range[1] > 2 ? 2 : 0}
        onChange={({ currentTarget }) => void scale(Number(currentTarget.value))}
      >
        {RANGES.map(([least, most], index) => (
          <option key={`${least} ${most}`} value={index}>
            {least} to {most}
          </option>
        ))}
      </select>
    </label>
  );
}
