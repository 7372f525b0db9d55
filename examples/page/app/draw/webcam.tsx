import { Camera } from '../camera.tsx';
import { said } from './images.ts';
import { begin } from './picture.ts';

/** One picture of a camera, to be drawn on. */
export function Webcam() {
  return (
    <Camera>
      {({ shoot, close }) => (
        <div class="actions">
          <button
            type="button"
            class="primary"
            onClick={async () => {
              const image = await shoot();
              if (!image) return;
              close();
              begin({ kind: 'picture', image, name: 'the camera' });
              said.value = { text: 'Shows the middle of what the camera saw.', bad: false };
            }}
          >
            Take the picture
          </button>
          <button type="button" onClick={close}>
            Close
          </button>
        </div>
      )}
    </Camera>
  );
}
