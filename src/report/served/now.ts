import { factsOf, html, type Markup, tableOf } from '../study/markup.ts';
import { duration, NOTHING, percent, several, when } from '../study/text.ts';
import { CONDITIONS, type Condition, type Doing } from './doing.ts';

/** What a button sends, and where to. */
export interface Control {
  readonly action: string;
  readonly token: string;
}

type Kind = 'study' | 'training';

/** What goes on now, who trains what, how long it will take, and the buttons. */
export function nowContent(doing: Doing, kind: Kind, control: Control): Markup {
  const { condition, share, leftMs, updated, started, running, workers } = doing;
  const goes = condition === 'running' || condition === 'pausing';
  const facts = [
    ...(started && doing.session ? [['began', when(started)] as const] : []),
    ...(share !== undefined && doing.session
      ? [[kind === 'study' ? 'of the budget' : 'of the steps', progress(share)] as const]
      : []),
    ...(leftMs !== undefined && goes ? [['time left', timeLeft(leftMs, updated)] as const] : []),
    ...(workers ? [['workers at the queue', workers.length === 0 ? 'none: the trials wait' : workers.join(', ')] as const] : []),
  ];
  return html`<p class="condition ${condition}"><strong>${CONDITIONS[condition]}</strong> ${wordsOf(doing, kind)}</p>
${facts.length > 0 && factsOf(facts)}${running.length > 0 && runningTable(doing)}${doing.session && buttons(doing, kind, control)}`;
}

function wordsOf({ condition, phase, updated }: Doing, kind: Kind): Markup | string {
  if (condition === 'running') return PHASES[kind][phase ?? ''] ?? '';
  const words = WORDS[condition];
  return updated === undefined ? words : html`${words} (<time datetime="${updated}">${when(updated)}</time>)`;
}

const PHASES: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  study: {
    '': 'It begins.',
    search: 'It searches.',
    finish: 'The search is over: what it found is confirmed from all seeds.',
    test: 'The networks of the front are tried on the test set.',
  },
  training: { '': 'It begins.', training: 'It trains.', test: 'The training is over: it is tried on the test set.' },
};

const WORDS: Readonly<Record<Exclude<Condition, 'running'>, string>> = {
  pausing: 'A pause was asked for: it begins as what is trained now has ended.',
  paused: 'Nothing is trained, and no time of a budget passes.',
  stopping: 'It was asked to stop.',
  ended: 'It came to its end.',
  stopped: 'It was stopped; what was finished is kept, and given again it goes on.',
  failed: 'It failed, and its terminal says why; what was finished is kept.',
  interrupted:
    'Its process has ended without a word: it was killed, or its machine stopped. What was finished is kept, and given again it goes on.',
  unheard: 'Its process is of another machine or container, and has told nothing for more than a minute.',
  idle: 'No process is at work here.',
};

function progress(share: number): Markup {
  const value = Math.min(1, Math.max(0, share));
  return html`<progress max="1" value="${value.toFixed(3)}" aria-label="Progress"></progress> ${percent(value)}`;
}

/** The script of the page counts it down. */
export function timeLeft(leftMs: number, updated: string | undefined): Markup {
  const until = updated === undefined ? Number.NaN : Date.parse(updated) + leftMs;
  const ends = Number.isFinite(until) && Math.abs(until) < 8e15 ? new Date(until).toISOString() : undefined;
  return ends === undefined ? html`${duration(leftMs)}` : html`<span data-until="${ends}">${duration(leftMs)}</span>`;
}

function runningTable({ running, workers }: Doing): Markup {
  const columns = [{ title: 'network' }, { title: 'on' }, { title: 'since' }] as const;
  const rows = running.map(({ name, worker, since }) => [
    name,
    worker ?? (workers ? 'waits at the queue' : NOTHING),
    html`<time datetime="${since}" data-since>${when(since)}</time>`,
  ]);
  return tableOf(`${several(running.length, 'trial')} trained now`, columns, rows);
}

function buttons({ condition, session = '' }: Doing, kind: Kind, { action, token }: Control): Markup {
  const requests: readonly (readonly [request: string, label: string, hint: string])[] = [
    ...(condition === 'running' ? ([['pause', 'Pause', PAUSE[kind]]] as const) : []),
    ...(condition === 'pausing' || condition === 'paused' ? ([['go on', 'Go on', '']] as const) : []),
    ['stop', 'Stop', 'As Ctrl-C: what is trained now is given up, what was finished stays, and given again it goes on.'],
  ];
  if (condition === 'stopping') return html``;
  return html`<form class="controls" method="post" action="${action}" data-control>
<input type="hidden" name="token" value="${token}"><input type="hidden" name="session" value="${session}">
${requests.map(([request, label, hint]) => html`<button name="request" value="${request}"${hint !== '' && html` title="${hint}"`}>${label}</button> `)}</form>`;
}

const PAUSE: Readonly<Record<Kind, string>> = {
  study: 'The trials that run end first, and are kept.',
  training: 'After this step, with a checkpoint.',
};
