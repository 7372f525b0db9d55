import { useSignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { count } from '../numbers.ts';
import { data } from '../state.ts';
import { said, takeDataImage, takeImage } from './images.ts';
import { Webcam } from './webcam.tsx';

/** Images that come from elsewhere than from a hand. */
export function Sources() {
  const index = useSignal(0);
  useEffect(() => {
    const paste = ({ clipboardData }: ClipboardEvent) => {
      const file = [...(clipboardData?.files ?? [])].find(({ type }) => type.startsWith('image/'));
      if (file) void takeImage(file);
    };
    addEventListener('paste', paste);
    return () => removeEventListener('paste', paste);
  }, []);
  const images = data.value?.test ?? 0;
  const show = (value: number) => {
    index.value = Math.min(images - 1, Math.max(0, value));
    takeDataImage(index.value);
  };
  return (
    <>
      <h3>Or an image</h3>
      <label class="field">
        Of the data, one of {images > 0 && `${count(images)} `}that no training sees (arrow keys go through them)
        <input
          type="range"
          min={0}
          max={Math.max(0, images - 1)}
          value={index.value}
          disabled={images === 0}
          aria-valuetext={`test image ${index.value + 1}`}
          onInput={({ currentTarget }) => show(Number(currentTarget.value))}
          onFocus={() => show(index.value)}
        />
      </label>
      <label class="field">
        A file; an image can be dropped on this page or pasted, too
        <input
          type="file"
          accept="image/*"
          onChange={({ currentTarget }) => {
            const [file] = currentTarget.files ?? [];
            if (file) void takeImage(file);
            currentTarget.value = '';
          }}
        />
      </label>
      <Webcam />
      <p class={said.value.bad ? 'status error' : 'status'} role="status">
        {said.value.text}
      </p>
    </>
  );
}
