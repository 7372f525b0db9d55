import { useState } from 'preact/hooks';
import type { StudyView } from '../../engine/search/calls.ts';
import { messageOf } from '../messages.ts';
import { searching } from './search.ts';

/** The same evidence as on the command line: the page of the study, and the study itself. */
export function Evidence({ study }: { readonly study: StudyView }) {
  const [fault, setFault] = useState('');
  const attempt = (work: () => Promise<void>) => async () => {
    setFault('');
    try {
      await work();
    } catch (error) {
      setFault(messageOf(error));
    }
  };
  const page = async () => new Blob([await searching().report()], { type: 'text/html' });
  const name = `${study.data.replaceAll(/[^\w-]+/g, '-')}-${Math.round(1000 * study.floor) / 10}`;
  return (
    <>
      <p>
        What was tried, how it was trained, what held and what did not, each trial with its learning curve: the page that{' '}
        <code>paredown search report</code> writes. The study is a folder that the commands read, and go on with.
      </p>
      <div class="actions">
        <button type="button" onClick={attempt(async () => openPage(await page(), `report-${name}.html`))}>
          Open the report
        </button>
        <button type="button" onClick={attempt(async () => save(await page(), `report-${name}.html`))}>
          Save the report
        </button>
        <button
          type="button"
          onClick={attempt(async () => {
            save(new Blob([await searching().download()], { type: 'application/zip' }), `study-${name}.zip`);
          })}
        >
          Download the study
        </button>
      </div>
      <p class="notice bad" role="alert" hidden={fault === ''}>
        {fault}
      </p>
    </>
  );
}

/** In a tab of its own, or, where the browser allows none, as a file. */
function openPage(page: Blob, name: string): void {
  if (!window.open(URL.createObjectURL(page))) save(page, name);
}

/** Long enough for a file to be written. */
const KEPT_MS = 60_000;

function save(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEPT_MS);
}
