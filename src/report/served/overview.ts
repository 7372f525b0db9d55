import { html, type Markup, tableOf } from '../study/markup.ts';
import { NOTHING, percent, several } from '../study/text.ts';
import { CONDITIONS, type Doing, isLive } from './doing.ts';
import { timeLeft } from './now.ts';
import { headPart, type PageContent, sectionPart } from './page-parts.ts';

/** A folder as the first page lists it. */
export interface Listed {
  /** Of its page. */
  readonly path: string;
  readonly folder: string;
  /** 'nothing': there is neither a study nor a training; 'unread': it was not looked at yet. */
  readonly kind: 'study' | 'training' | 'nothing' | 'unread';
  readonly title?: string;
  readonly doing?: Doing;
  /** How much there is, and the best so far, in words. */
  readonly extent?: string;
  readonly best?: string;
  /** Why it can't be shown. */
  readonly problem?: string;
}

/** The first page: all studies and trainings, those that run first. `where`: where they were looked for. */
export function overviewContent(listed: readonly Listed[], where: string): PageContent {
  const order = [...listed].sort((a, b) => rank(a) - rank(b) || newer(a, b));
  const live = listed.filter(({ doing }) => doing && isLive(doing)).length;
  const about = html`<p>${several(listed.length, 'folder')}, ${where}; ${live === 0 ? 'none is at work' : `${live} at work`}.</p>`;
  const title = 'Studies and trainings';
  const content =
    listed.length === 0
      ? html`<p>There is neither a study nor a training yet. What is begun there appears by itself.</p>`
      : table(order);
  return { title, parts: [headPart(title, about), sectionPart({ id: 'list', title: 'All of them', content })] };
}

function rank({ doing, kind }: Listed): number {
  if (doing && isLive(doing)) return 0;
  return kind === 'nothing' ? 2 : 1;
}

function newer(a: Listed, b: Listed): number {
  return (b.doing?.updated ?? '').localeCompare(a.doing?.updated ?? '') || a.folder.localeCompare(b.folder);
}

function table(listed: readonly Listed[]): Markup {
  const columns = [
    { title: 'folder', kind: 'words' },
    { title: 'what', kind: 'words' },
    { title: 'state' },
    { title: 'done', kind: 'number' },
    { title: 'best so far', kind: 'words' },
    { title: 'of its budget', kind: 'number' },
    { title: 'time left', kind: 'number' },
  ] as const;
  const rows = listed.map(({ path, folder, kind, title, doing, extent, best, problem }) => {
    const goes = doing?.condition === 'running' || doing?.condition === 'pausing';
    return [
      html`<a href="${path}">${folder}</a>`,
      problem !== undefined ? html`<span class="below">${problem}</span>` : (title ?? WITHOUT_TITLE[kind]),
      doing ? html`<span class="condition ${doing.condition}">${CONDITIONS[doing.condition]}</span>` : NOTHING,
      extent ?? NOTHING,
      best ?? NOTHING,
      goes && doing.share !== undefined ? percent(doing.share) : NOTHING,
      goes && doing.leftMs !== undefined ? timeLeft(doing.leftMs, doing.updated) : NOTHING,
    ];
  });
  return tableOf('Those at work first, then the latest', columns, rows);
}

const WITHOUT_TITLE: Readonly<Record<Listed['kind'], string>> = {
  study: 'a study',
  training: 'a training',
  nothing: 'nothing is there yet',
  unread: 'is read ...',
};
