import { useState } from 'preact/hooks';
import type { ImageChoices } from '../../engine/calls.ts';
import { chooseFiles, chooseMnistFrom, imageChoices } from './choosing.ts';
import { chosenFiles, droppedFiles } from './dropped-files.ts';

/** A field to drop files and folders on, with inputs for who does not drag, and the address of MNIST. */
export function FileChooser() {
  const [over, setOver] = useState(false);
  return (
    <>
      <h3 id="own-files">Files of your own</h3>
      <fieldset
        aria-labelledby="own-files"
        class={over ? 'drop over' : 'drop'}
        onDragOver={(event) => {
          event.preventDefault();
          setOver(true);
        }}
        onDragLeave={() => setOver(false)}
        onDrop={(event) => {
          event.preventDefault();
          setOver(false);
          if (event.dataTransfer) void chooseFiles(droppedFiles(event.dataTransfer));
        }}
      >
        <p>
          Drop a folder here that holds a folder of images for each class, or the four idx files of MNIST. They stay on this
          machine.
        </p>
        <div class="actions">
          <FileInput label="Choose a folder" folder />
          <FileInput label="Choose files" />
        </div>
      </fieldset>
      <ImageFields />
      <MnistAddress />
    </>
  );
}

/** A button over an input of files, which can't be styled. */
function FileInput({ label, folder = false }: { readonly label: string; readonly folder?: boolean }) {
  return (
    <label class="button">
      {label}
      <input
        type="file"
        class="unseen"
        multiple
        {...(folder && { webkitdirectory: true })}
        onChange={({ currentTarget }) => {
          const files = currentTarget.files ? chosenFiles(currentTarget.files) : [];
          currentTarget.value = '';
          if (files.length > 0) void chooseFiles(async () => files);
        }}
      />
    </label>
  );
}

function ImageFields() {
  const choices = imageChoices.value;
  const set = (change: Partial<ImageChoices>) => {
    imageChoices.value = { ...choices, ...change };
  };
  return (
    <div class="fields">
      <label>
        Images become
        <select
          value={choices.size}
          onChange={({ currentTarget }) => set({ size: Number(currentTarget.value) as ImageChoices['size'] })}
        >
          <option value={28}>28 x 28</option>
          <option value={32}>32 x 32</option>
          <option value={64}>64 x 64</option>
        </select>
      </label>
      <label>
        in
        <select
          value={choices.channels}
          onChange={({ currentTarget }) => set({ channels: Number(currentTarget.value) as ImageChoices['channels'] })}
        >
          <option value={1}>grey</option>
          <option value={3}>colour</option>
        </select>
      </label>
      <label>
        divided by seed
        <input
          type="number"
          min={0}
          max={2 ** 32 - 1}
          step={1}
          value={choices.seed}
          onChange={({ currentTarget }) => set({ seed: Math.max(0, Math.floor(currentTarget.valueAsNumber || 0)) })}
        />
      </label>
    </div>
  );
}

function MnistAddress() {
  const [address, setAddress] = useState('');
  return (
    <form
      class="fields"
      onSubmit={(event) => {
        event.preventDefault();
        void chooseMnistFrom(address);
      }}
    >
      <label class="grow">
        Or MNIST from an address
        <input
          type="url"
          placeholder="https://example.org/mnist/"
          value={address}
          onInput={({ currentTarget }) => setAddress(currentTarget.value)}
        />
      </label>
      <button type="submit">Load</button>
    </form>
  );
}
