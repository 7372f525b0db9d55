import { useSignalEffect } from '@preact/signals';
import { NoNetwork } from '../no-network.tsx';
import { bytes, count } from '../numbers.ts';
import { subjectVersion } from '../state.ts';
import { subject } from '../subject.ts';
import { FORMATS, type FormatName, formatNames } from './formats.ts';
import { Integers } from './integers.tsx';
import { leave, numbers, trouble, weigh, weighed } from './weights.ts';

/** The files that the network leaves in. */
export function Files() {
  useSignalEffect(() => {
    // Told apart here, so that all of them are weighed anew.
    void numbers.value;
    if (subject.value) weigh({ version: subjectVersion.value, isStill: (version) => version === subjectVersion.peek() });
  });
  const { value } = subject;
  if (!value) return <NoNetwork />;
  return (
    <>
      <p>
        The network <strong>{value.name}</strong>: {value.shape.join(' x ')} in, {value.classNames.length || 'no'} classes out,{' '}
        {count(value.parameters)} parameters.
      </p>
      <Integers />
      <ul class="files">
        {formatNames.map((format) => (
          <Entry key={format} format={format} />
        ))}
      </ul>
      <p class="soft">
        All of them give what the last layer gives (of most networks here logits: a softmax makes probabilities of them). Numbers
        that they take are bytes x {short((value.range[1] - value.range[0]) / 255)}
        {value.range[0] === 0 ? '' : ` + ${short(value.range[0])}`}.
      </p>
      {trouble.value && (
        <p class="notice bad" role="alert">
          {trouble.value}
        </p>
      )}
    </>
  );
}

const short = (value: number) => String(Number(value.toPrecision(6)));

function Entry({ format }: { readonly format: FormatName }) {
  const { title, use } = FORMATS[format];
  const found = weighed.value[format];
  const refused = found && 'why' in found ? found.why : undefined;
  const file = found && 'bytes' in found ? found : undefined;
  return (
    <li>
      <div>
        <h3>{title}</h3>
        <p class="soft">{refused ? `It can't leave so: ${refused}` : use}</p>
      </div>
      <div class="size numbers">
        {!found && '…'}
        {file && bytes(file.bytes)}
        {file?.running && (
          <p class="soft">
            {bytes(file.running.constantBytes)} of flash beside the code, {bytes(file.running.arenaBytes)} of RAM
          </p>
        )}
      </div>
      <button type="button" disabled={!file} onClick={() => void leave(format)}>
        Download<span class="unseen"> {title}</span>
      </button>
    </li>
  );
}
