import { adapter } from './state.ts';

/** Says what the page computes on, or what to do where there is no WebGPU. */
export function AdapterNotice() {
  const { value } = adapter;
  if (value.state === 'opening') return <p class="adapter soft">Looking for a GPU …</p>;
  if (value.state === 'none')
    return (
      <section class="notice bad" role="alert">
        <h2>This browser gives the page no WebGPU</h2>
        <p>{value.why}</p>
      </section>
    );
  const { name, kind } = value.facts;
  return (
    <p class="adapter soft">
      Computes on {name}
      {kind === 'cpu' && ', a driver that uses the processor: it works, many times slower than a GPU would'}.
    </p>
  );
}
