import { dropped, store } from './state.ts';

/** Says what a reload will not find again, and what it did not find. */
export function StoreNotice() {
  const { value } = store;
  return (
    <div role="status">
      {value.state === 'notKept' && <p class="notice">{value.why}</p>}
      {dropped.value.map((sentence) => (
        <p class="notice" key={sentence}>
          {sentence}
        </p>
      ))}
    </div>
  );
}
