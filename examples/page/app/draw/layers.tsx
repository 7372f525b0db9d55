import { useSignal } from '@preact/signals';
import { adapter } from '../state.ts';
import { Activations } from '../train/activations.tsx';
import { answer } from './answer.ts';

/** What layers make of the image: at once where a GPU makes it, else when somebody wants to see it, since answers wait for it. */
export function Layers() {
  const fast = adapter.value.state === 'open' && adapter.value.facts.kind === 'gpu';
  const chosen = useSignal<boolean | undefined>(undefined);
  const open = chosen.value ?? fast;
  const { value } = answer;
  return (
    <section class="panel whole" aria-labelledby="layers">
      <h2 id="layers">What its layers make of it</h2>
      <label>
        <input type="checkbox" checked={open} onChange={() => (chosen.value = !open)} /> Show it while I draw
      </label>
      {open && (value ? <Activations image={value.seen} /> : <p class="soft">Nothing is drawn yet.</p>)}
    </section>
  );
}
