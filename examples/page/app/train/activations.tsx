import type { LayerPictures } from '../../engine/calls.ts';
import { engine } from '../engine.ts';
import { description, subjectVersion } from '../state.ts';
import { TileRow } from '../tiles.tsx';
import { useLatest } from '../use-latest.ts';

interface Props {
  /** Of the network's input shape: bytes as they are stored, or floats as the network sees them; nothing yet: the layers' empty frames. */
  readonly image: Uint8Array | Float32Array | undefined;
}

/** What each layer makes of an image, a picture a channel; anew as the image or the network changes. */
export function Activations({ image }: Props) {
  const made = useLatest(
    async () => (image && subjectVersion.value > 0 ? engine.activations(image) : undefined),
    [image, subjectVersion.value],
    () => 200,
  );
  const layers = made && made.length > 0 ? made : frames();
  return (
    <ol class="layer-pictures">
      {layers.map(({ name, type, ...tiles }) => {
        const { width, height, count, of } = tiles;
        const size =
          height === 1 ? `${width} numbers` : `${of} of ${height} x ${width}${count < of ? `, the first ${count}` : ''}`;
        const range =
          'pixels' in tiles ? `, from ${tiles.low.toPrecision(2)} (black) to ${tiles.high.toPrecision(2)} (white)` : '';
        return (
          <li key={name}>
            <p class="soft small">
              <strong>{name}</strong> {size}
              {range}
            </p>
            <TileRow tiles={tiles} label={`What ${name}, a layer of type ${type}, makes of the image: ${size}${range}`} />
          </li>
        );
      })}
    </ol>
  );
}

/** The places of the pictures. */
function frames(): Omit<LayerPictures, 'pixels'>[] {
  return description.value.layers
    .filter(({ name, type }) => !name.includes('/') && !['dropout', 'flatten', 'reshape', 'tap'].includes(type))
    .map(({ name, type, outputShape }) => {
      const [height = 1, width = 1, channels = 1] = outputShape.length === 3 ? outputShape : [1, outputShape[0], 1];
      const count = Math.min(64, channels);
      return { name, type, width, height, colours: 1, count, of: channels, low: 0, high: 0 };
    });
}
