import { Camera, type OpenCamera } from '../camera.tsx';
import { messageOf } from '../messages.ts';
import { said } from './images.ts';
import { begin } from './picture.ts';

/** One picture of a camera, to be drawn on. */
export function Webcam() {
  return (
    <Camera>
      {({ shoot, close }) => (
        <div class="actions">
          <button type="button" class="primary" onClick={() => void take(shoot, close)}>
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

async function take(shoot: OpenCamera['shoot'], close: OpenCamera['close']): Promise<void> {
  try {
    const image = await shoot();
    if (!image) {
      said.value = { text: 'The camera has no picture yet; try again in a moment.', bad: true };
      return;
    }
    close();
    begin({ kind: 'picture', image, name: 'the camera' });
    said.value = { text: 'Shows the middle of what the camera saw.', bad: false };
  } catch (error) {
    said.value = { text: `The picture of the camera can't be taken: ${messageOf(error)}.`, bad: true };
  }
}
