import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { milliseconds, percent } from '../numbers.ts';
import { data } from '../state.ts';
import { subject } from '../subject.ts';
import { answer, asking, topOf } from './answer.ts';

/** Of more classes the most probable are shown. */
const MOST = 12;
/** How long an answer stands before it is read out, in milliseconds. */
const QUIET = 700;

/** How probable each class is. */
export function Bars() {
  // Before there is a network, the classes that it will be trained for.
  const names = subject.value?.classNames ?? data.value?.classNames ?? [];
  const { value } = answer;
  const top = value && topOf(value);
  const all = names.map((name, index) => ({ name, index, probability: value?.probabilities[index] ?? 0 }));
  const shown = names.length <= MOST ? all : [...all].sort((a, b) => b.probability - a.probability).slice(0, MOST);
  return (
    <>
      <p class="top">
        {value && top !== undefined ? (
          <>
            <strong>{names[top]}</strong> <span class="numbers">{percent(value.probabilities[top] ?? 0)}</span>
          </>
        ) : (
          <span class="soft">{asking.value ? 'Compiles shaders …' : 'Nothing is drawn yet.'}</span>
        )}
      </p>
      <table class="probabilities" aria-label="Probabilities">
        <tbody>
          {shown.map(({ name, index, probability }) => (
            <tr key={index} class={index === top ? 'best' : undefined}>
              <th scope="row" title={name}>
                {name}
              </th>
              <td class="probability" aria-hidden="true">
                <span style={{ transform: `scaleX(${probability})` }} />
              </td>
              <td class="numbers">{value ? percent(probability) : ''}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p class="soft status numbers">
        {names.length > MOST && `The ${MOST} most probable of ${names.length} classes. `}
        {value && `Answered in ${milliseconds(value.milliseconds)}.`}
      </p>
      <ReadOut />
    </>
  );
}

/** Says the answer to those who do not see it, once it stands still. */
function ReadOut() {
  const text = useSignal('');
  const { value } = answer;
  useEffect(() => {
    const timer = setTimeout(() => {
      const top = value && topOf(value);
      text.value =
        value && top !== undefined ? `${subject.value?.classNames[top] ?? top}, ${percent(value.probabilities[top] ?? 0)}` : '';
    }, QUIET);
    return () => clearTimeout(timer);
  }, [value]);
  return (
    <p class="unseen" role="status">
      {text.value}
    </p>
  );
}
