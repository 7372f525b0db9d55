/** The style sheet of the page: light and dark, wide and narrow, screen and paper. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #ffffff; --ink: #22262b; --soft: #5a626c; --line: #d9dde2; --shade: #f4f6f8; --link: #1f5fa8;
  --first: #1f5fa8; --second: #c2410c; --third: #23763a; --faint: #98a1ab; --good: #1d6b34; --bad: #a4262c; --warn: #8a5a00;
  --best: #eaf2fb;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #15181c; --ink: #e4e7eb; --soft: #a3abb5; --line: #353b43; --shade: #1e2329; --link: #7db4f0;
    --first: #6fabec; --second: #f58a4b; --third: #67c380; --faint: #78818c; --good: #74cf8d; --bad: #f28b90; --warn: #e3b04b;
    --best: #1c2c3f;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: anywhere; }
main, header, footer { max-width: 78rem; margin: 0 auto; padding: 0 1.25rem; }
header { padding-top: 2rem; }
footer { padding-bottom: 3rem; color: var(--soft); font-size: .875rem; }
h1 { font-size: 1.75rem; line-height: 1.25; margin: 0 0 .25rem; text-wrap: balance; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .75rem; padding-top: .75rem; border-top: 1px solid var(--line); }
h3 { font-size: 1rem; margin: 1.5rem 0 .5rem; }
p, ul, dl { margin: .5rem 0; }
p, .meanings, .glossary { max-width: 46rem; }
a { color: var(--link); }
header p { color: var(--soft); margin: 0; max-width: none; }
nav ul { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .15rem 1.1rem; font-size: .9rem; margin: 1rem 0 0; }
.lead { font-size: 1.125rem; }
.note { border-left: 3px solid var(--warn); padding-left: .75rem; }
code, pre { font: .85em/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace; }
code { color: var(--soft); }
pre { background: var(--shade); padding: .75rem 1rem; overflow-x: auto; white-space: pre-wrap; overflow-wrap: anywhere; }
.facts { display: grid; grid-template-columns: repeat(auto-fill, minmax(13.5rem, 1fr)); gap: .25rem 1.5rem; margin: 1rem 0; }
.facts div { padding: .35rem 0; border-top: 1px solid var(--line); }
dt { color: var(--soft); font-size: .875rem; }
dd { margin: 0; }
.facts dd { font-variant-numeric: tabular-nums; }
.meanings { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; max-width: none; font-size: .875rem; }
.meanings dt { font-weight: 600; color: var(--ink); }
.glossary dt { color: var(--ink); font-weight: 600; font-size: 1rem; margin-top: .5rem; }
.scroll { overflow-x: auto; margin: 1rem 0; position: relative; }
.scroll:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
table { border-collapse: collapse; font-size: .875rem; font-variant-numeric: tabular-nums; }
caption { text-align: left; color: var(--soft); padding-bottom: .35rem; }
th, td { padding: .3rem .5rem; text-align: left; vertical-align: top; overflow-wrap: normal; }
th { font-weight: 600; border-bottom: 1px solid var(--ink); vertical-align: bottom; line-height: 1.25; }
tbody tr + tr td { border-top: 1px solid var(--line); }
tfoot td { border-top: 1px solid var(--ink); font-weight: 600; }
.w { min-width: 9rem; }
.n { text-align: right; white-space: nowrap; }
th.n { white-space: normal; }
th button { all: unset; cursor: pointer; font: inherit; }
th button:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
th[aria-sort] button::after { content: "\\a0\\2191"; }
th[aria-sort=descending] button::after { content: "\\a0\\2193"; }
th button:hover { text-decoration: underline; }
tr.best td, tr:target td { background: var(--best); }
.trials .w { min-width: 13rem; max-width: 22rem; overflow-wrap: anywhere; }
.d1 { padding-left: 1.2em; } .d2 { padding-left: 2.4em; } .d3 { padding-left: 3.6em; }
.soft { color: var(--soft); }
.zero { color: var(--soft); opacity: .6; }
.verdict { font-size: .85em; white-space: nowrap; }
.holds { color: var(--good); } .holds::before { content: "\\2713\\a0"; }
.below { color: var(--bad); } .below::before { content: "\\2717\\a0"; }
.unproven { color: var(--warn); } .unproven::before { content: "~\\a0"; }
.unknown { color: var(--soft); }
details { margin: .4rem 0; }
summary { cursor: pointer; color: var(--link); }
.tools { display: flex; flex-wrap: wrap; gap: .4rem 1rem; align-items: center; margin: .75rem 0; font-size: .9rem; }
.tools:empty { display: none; }
.tools input { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft); border-radius: 3px; padding: .25rem .5rem; width: 16rem; max-width: 100%; }
figure { margin: 1rem 0; }
figcaption { color: var(--soft); font-size: .875rem; max-width: 46rem; }
.legend { list-style: none; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.25rem; font-size: .875rem; }
.swatch { width: 22px; height: 14px; margin-right: .4rem; vertical-align: -2px; }
svg { display: block; width: 100%; height: auto; }
.network { width: revert-layer; max-width: none; } .network text { font-size: inherit; font-weight: inherit; }
.images { list-style: none; padding: 0; display: grid; grid-template-columns: repeat(auto-fill, minmax(6.5rem, 1fr)); gap: 1rem; font-size: .8rem; line-height: 1.4; }
.pixels { width: 5rem; border: 1px solid var(--line); margin-bottom: .2rem; }
.confusion th[scope=row] { border: 0; vertical-align: top; } .confusion td { min-width: 2.6rem; }
.right1 { background: color-mix(in srgb, var(--third) 6%, transparent); } .wrong1 { background: color-mix(in srgb, var(--bad) 8%, transparent); }
.right2 { background: color-mix(in srgb, var(--third) 12%, transparent); } .wrong2 { background: color-mix(in srgb, var(--bad) 16%, transparent); }
.right3 { background: color-mix(in srgb, var(--third) 18%, transparent); } .wrong3 { background: color-mix(in srgb, var(--bad) 24%, transparent); }
.right4 { background: color-mix(in srgb, var(--third) 24%, transparent); } .wrong4 { background: color-mix(in srgb, var(--bad) 32%, transparent); }
.right5 { background: color-mix(in srgb, var(--third) 30%, transparent); } .wrong5 { background: color-mix(in srgb, var(--bad) 40%, transparent); }
.right6 { background: color-mix(in srgb, var(--third) 36%, transparent); } .wrong6 { background: color-mix(in srgb, var(--bad) 48%, transparent); }
.small { max-width: 30rem; }
ol.descent { margin: .5rem 0; padding-left: 2rem; }
.parts summary { padding: .15rem 0; } .parts > details { border-top: 1px solid var(--line); margin: 0; } .parts > details:target { background: var(--best); }
.part { display: flex; flex-wrap: wrap; gap: 0 2rem; } .part > * { flex: 0 1 auto; min-width: 0; max-width: 100%; } .part > :first-child { flex: 1 1 100%; } .part > :last-child { flex: 1 1 18rem; }
.part .small { width: 24rem; max-width: 100%; } .part .scroll, .part figure { margin: .5rem 0; } .part h3 { margin-top: 1rem; }
.beside { display: flex; flex-wrap: wrap; gap: 0 2rem; align-items: flex-start; } .beside > * { flex: 0 1 auto; min-width: 0; max-width: 100%; }
.beside > :last-child { flex: 1 1 24rem; }
.swatch { display: inline; }
.narrow { display: none; }
svg text { font: 12px system-ui, "Segoe UI", Helvetica, Arial, sans-serif; fill: var(--ink); }
.grid path { stroke: var(--line); fill: none; stroke-width: 1; }
.axis { stroke: var(--soft); fill: none; }
.ticks text { fill: var(--soft); font-variant-numeric: tabular-nums; }
.names text { font-weight: 600; }
.dots { fill: none; stroke-width: 5; stroke-linecap: round; opacity: .6; }
.line { fill: none; stroke-width: 2; stroke-linejoin: round; }
.curves path { fill: none; stroke-width: 1; stroke-linejoin: round; stroke-linecap: round; opacity: .6; }
.curves.first path { stroke-width: 2; opacity: 1; }
.curves path:hover { stroke-width: 3; opacity: 1; }
.marks path { stroke: var(--paper); stroke-width: 1; }
.faint { stroke: var(--faint); } .line.first, .curves.first { stroke: var(--first); } .line.second, .curves.second { stroke: var(--second); } .line.third { stroke: var(--third); }
.marks.first path { fill: var(--first); } .marks.second path { fill: var(--second); } .marks.third path { fill: var(--third); }
.dots.first { stroke: var(--first); }
.marks.pale path { fill: none; stroke: var(--faint); stroke-width: 1.25; pointer-events: all; }
.level { stroke: var(--bad); stroke-dasharray: 5 4; fill: none; }
.labels text, .floor { paint-order: stroke; stroke: var(--paper); stroke-width: 3px; stroke-linejoin: round; }
svg .floor { fill: var(--bad); }
.labels text { font-size: 11.5px; }
.labels path { stroke: var(--soft); stroke-width: .75; fill: none; }
.choice { border: 0; padding: 0; margin: 1rem 0; } .choice legend { float: left; padding: 0; margin-right: .75rem; }
.choice label { margin: 0 1rem 0 .25rem; cursor: pointer; } .choice > div { display: none; }
#by-minutes:checked ~ .by-minutes, #by-samples:checked ~ .by-samples, #by-trials:checked ~ .by-trials { display: block; }
.bar { width: 8rem; height: .4em; margin: .1em 0 .2em; }
.bar path { fill: var(--first); }
@media (max-width: 40rem) {
  body { font-size: 15px; }
  h1 { font-size: 1.4rem; }
  .wide { display: none; }
  .narrow { display: block; }
  .meanings { grid-template-columns: 1fr; }
  .facts { grid-template-columns: 1fr 1fr; gap: .25rem 1rem; }
}
@media print {
  :root { --paper: #fff; --ink: #000; --soft: #444; --line: #ccc; --shade: #f4f4f4; --link: #000; --best: #eee;
    --first: #1f5fa8; --second: #c2410c; --third: #23763a; --faint: #98a1ab; --good: #1d6b34; --bad: #a4262c; --warn: #8a5a00; }
  body { font-size: 10pt; }
  .wide { display: block; } .narrow { display: none; }
  main, header, footer { max-width: none; padding: 0; }
  .scroll { overflow: visible; }
  table { font-size: 7.5pt; }
  th, td { padding: .15rem .25rem; }
  nav, .tools, .choice input, .choice label, .choice legend { display: none; }
  figure, tr { break-inside: avoid; }
  h2, h3 { break-after: avoid; }
}
`;
