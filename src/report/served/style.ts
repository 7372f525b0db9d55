import { STYLE } from '../study/style.ts';

/** What served pages have beside those that are files. */
export const SERVED_STYLE = `${STYLE}
.way { padding-top: 1rem; font-size: .9rem; }
main > header { max-width: none; padding: 1rem 0 0; }
.condition strong { text-transform: capitalize; margin-right: .35rem; }
.condition.running strong, span.condition.running { color: var(--good); }
.condition.paused strong, .condition.pausing strong, span.condition.paused, span.condition.pausing { color: var(--warn); }
.condition.failed strong, .condition.interrupted strong, span.condition.failed, span.condition.interrupted { color: var(--bad); }
button { font: inherit; color: inherit; background: var(--shade); border: 1px solid var(--soft); border-radius: 3px; padding: .25rem .9rem; min-height: 2rem; cursor: pointer; }
th button { background: none; border: 0; padding: 0; min-height: 0; }
button:hover { border-color: var(--ink); }
button[aria-disabled=true] { color: var(--soft); cursor: default; border-color: var(--line); }
button:focus-visible, input:focus-visible, summary:focus-visible, a:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.compare { display: flex; flex-wrap: wrap; gap: .4rem .75rem; align-items: center; font-size: .9rem; margin: .75rem 0; }
.compare input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 3px; padding: .25rem .5rem; width: 6rem; }
progress { width: 9rem; accent-color: var(--first); }
#connection:empty { display: none; }
`;
