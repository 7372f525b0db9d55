import { engine } from '../engine.ts';
import { network, subjectVersion } from '../state.ts';
import { TileRow } from '../tiles.tsx';
import { useLatest } from '../use-latest.ts';

/** The filters of the first layer as pictures, as they are at each validation. */
export function Filters() {
  const tiles = useLatest(
    async () => (subjectVersion.value > 0 ? engine.filters() : undefined),
    [subjectVersion.value],
    () => 500,
  );
  const shown = tiles ?? frames();
  if (!shown) return <p class="soft">The first layer of this network has no filters that are pictures.</p>;
  const { width, height, count, of } = shown;
  const some = count < of ? `the first ${count} of ${of}` : `${count}`;
  return (
    <>
      <TileRow
        tiles={shown}
        label={`${some} filters of ${height} by ${width}${tiles ? `, from black ${tiles.low.toFixed(2)} to white ${tiles.high.toFixed(2)}` : ', not trained yet'}`}
      />
      <p class="soft small">
        {some} filters of {height} x {width}
        {tiles
          ? `: black is ${tiles.low.toFixed(2)}, white ${tiles.high.toFixed(2)}, middle grey 0.`
          : '; they show once the network is trained.'}
      </p>
    </>
  );
}

/** The places of a first convolution's filters, before they are trained. */
function frames() {
  const [first] = network.value.layers;
  if (first?.type !== 'conv2d' || network.value.input.length !== 3) return undefined;
  const [height, width] = first.kernel;
  return { width, height, colours: 1 as const, count: Math.min(64, first.filters), of: first.filters, low: 0, high: 0 };
}
