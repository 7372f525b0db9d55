// The script of a served page, for its browser: asks the server for what has changed, and puts it into the page so that what is
// unfolded, sorted, typed and focused stays so. It runs behind the script of studies' pages.
import { Idiomorph } from 'idiomorph';

const parts = document.getElementById('parts') as HTMLElement;
const connection = document.getElementById('connection') as HTMLElement;

/** What the server sends: all parts by their ids, in their order, and the elements of those that are new. */
interface Changes {
  readonly title: string;
  readonly order: readonly string[];
  readonly changed: Readonly<Record<string, string>>;
}

function apply({ title, order, changed }: Changes): void {
  document.title = title;
  let before: Element | null = null;
  for (const id of order) {
    const known: HTMLElement | null = document.getElementById(`part-${id}`);
    const text = changed[id];
    if (!known && text !== undefined) {
      const made = document.createElement('template');
      made.innerHTML = text;
      const at: ChildNode | null = before ? before.nextSibling : parts.firstChild;
      parts.insertBefore(made.content, at);
    } else if (known && text !== undefined) Idiomorph.morph(known, text, { morphStyle: 'outerHTML', callbacks });
    before = document.getElementById(`part-${id}`);
  }
  for (const part of [...parts.children]) if (!order.includes(part.id.replace(/^part-/, ''))) part.remove();
  dispatchEvent(new Event('paredown:changed'));
  tick();
}

/** What the reader or the page's own script has done to the page stays. */
const callbacks = {
  beforeNodeMorphed: (node: Node) => !(node instanceof Element && node.matches('table[data-tools="on"] > thead, .tools')),
  beforeAttributeUpdated: (name: string, node: Element) =>
    !((name === 'open' && node.matches('details')) || (name === 'data-tools' && node.matches('table')) || name === 'hidden'),
};

let source: EventSource | undefined;

function follow(): void {
  const { path, seen = '' } = parts.dataset;
  if (path === undefined || source) return;
  source = new EventSource(`/events?${new URLSearchParams({ path, seen })}`);
  source.addEventListener('changes', ({ data, lastEventId }: MessageEvent<string>) => {
    parts.dataset.seen = lastEventId;
    apply(JSON.parse(data));
  });
  source.addEventListener('open', () => say(''));
  source.addEventListener('error', () => {
    say(`The server does not answer: this is how it was at ${new Date().toLocaleTimeString()}. It is asked again and again.`);
    // A server that was begun anew refuses what the old one knew: then the browser gives up.
    if (source?.readyState === EventSource.CLOSED) {
      unfollow();
      setTimeout(follow, 5000);
    }
  });
}

function unfollow(): void {
  source?.close();
  source = undefined;
}

function say(text: string): void {
  if (connection.textContent !== text) connection.textContent = text;
}

// A browser has six connections to a server: pages that nobody sees give theirs back.
document.addEventListener('visibilitychange', () => (document.hidden ? unfollow() : follow()));
if (!document.hidden) follow();

/** A button asks without leaving the page; what comes of it is sent as a change. */
document.addEventListener('submit', (event) => {
  const form = event.target as HTMLFormElement;
  if (!form.matches('[data-control]')) return;
  event.preventDefault();
  if (event.submitter?.getAttribute('aria-disabled') === 'true') return;
  const body = new URLSearchParams(new FormData(form, event.submitter) as unknown as Record<string, string>);
  fetch(form.action, { method: 'POST', body, redirect: 'manual' }).then(
    async (answer) => say(answer.type === 'opaqueredirect' || answer.ok ? '' : await answer.text()),
    () => say('The server does not answer: nothing was asked of it.'),
  );
});

/** Counts times on: what is left, and how long it is since. */
function tick(): void {
  for (const element of document.querySelectorAll<HTMLElement>('[data-until]'))
    element.textContent = inWords(Math.max(0, Date.parse(element.dataset.until ?? '') - Date.now()));
  for (const element of document.querySelectorAll<HTMLTimeElement>('time[data-since]'))
    element.textContent = inWords(Math.max(0, Date.now() - Date.parse(element.dateTime)));
}

function inWords(milliseconds: number): string {
  const seconds = Math.round(milliseconds / 1000);
  const two = (value: number) => String(value).padStart(2, '0');
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${two(seconds % 60)} s`;
  return `${Math.floor(seconds / 3600)} h ${two(Math.floor((seconds % 3600) / 60))} min`;
}

setInterval(tick, 1000);
tick();
