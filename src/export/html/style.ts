/** The style sheet of a page: light and dark, from 320 px on. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fff; --ink: #1d2126; --soft: #5a626c; --line: #dde1e6; --shade: #f3f5f7; --accent: #1f5fa8; --bar: #b9c3ce; --bad: #a4262c;
}
@media (prefers-color-scheme: dark) {
  :root { --paper: #15181c; --ink: #e6e9ed; --soft: #a3abb5; --line: #343a42; --shade: #1e2329; --accent: #7db4f0; --bar: #4d5763; --bad: #f28b90; }
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html { font-size: clamp(100%, .55vw + .6rem, 175%); }
body {
  margin: 0 auto; padding: clamp(1.25rem, 4vw, 3.5rem) clamp(1rem, 4vw, 2.5rem) 2rem; max-width: 60rem;
  background: var(--paper); color: var(--ink); font: 1rem/1.5 system-ui, "Segoe UI", Helvetica, Arial, sans-serif; overflow-wrap: anywhere;
}
h1 { margin: 0; font-size: 1.75rem; line-height: 1.2; font-weight: 650; letter-spacing: -.01em; text-wrap: balance; }
p { margin: 0; text-wrap: pretty; }
header p { margin-top: .4rem; max-width: 40rem; color: var(--soft); }
main { display: grid; gap: 2rem; margin: 2rem 0 2.5rem; }
@media (min-width: 44rem) { main { grid-template-columns: minmax(0, 24rem) minmax(0, 1fr); gap: 3.5rem; align-items: start; } }
#stage {
  position: relative; display: grid; overflow: hidden; border-radius: 10px; background: var(--shade); box-shadow: inset 0 0 0 1px var(--line);
}
#stage > * { grid-area: 1 / 1; width: 100%; height: 100%; min-height: 0; }
#canvas, #video { object-fit: contain; }
#video { object-fit: cover; }
#stage.draws #canvas { touch-action: none; cursor: crosshair; }
#stage.draws:is([data-shows=nothing], [data-shows=drawing]) { background: #000; }
#stage:not([data-shows=camera]) #video, #stage[data-shows=camera] #canvas { display: none; }
#stage.inverted :is(#canvas, #video) { filter: invert(1); }
#stage:not([data-shows=nothing]) #invitation { display: none; }
#invitation { display: grid; place-content: center; padding: 1.5rem; text-align: center; color: var(--soft); pointer-events: none; }
#stage.draws #invitation { color: #9aa3ad; }
#stage.draws.inverted #invitation { color: #5a626c; }
#stage.dropping { outline: 3px solid var(--accent); outline-offset: 3px; }
.tools { display: flex; flex-wrap: wrap; align-items: center; gap: .4rem .5rem; margin-top: .75rem; }
button {
  font: inherit; font-size: .9375rem; color: inherit; padding: .4rem .8rem; min-height: 2.5rem; cursor: pointer;
  background: var(--paper); border: 1px solid var(--line); border-radius: 7px;
}
button:hover { background: var(--shade); border-color: var(--soft); }
button:disabled { opacity: .5; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
.check { display: inline-flex; align-items: center; gap: .45rem; min-height: 2.5rem; font-size: .9375rem; cursor: pointer; }
.check input { width: 1.1rem; height: 1.1rem; margin: 0; accent-color: var(--accent); }
.hint { margin-top: .2rem; font-size: .875rem; color: var(--soft); }
#message { color: var(--bad); }
#message:not(:empty) { margin-top: .6rem; }
textarea {
  display: block; width: 100%; min-height: 9rem; margin-top: .4rem; padding: .6rem .75rem; resize: vertical;
  font: .9375rem/1.5 ui-monospace, "SFMono-Regular", Menlo, Consolas, monospace;
  color: inherit; background: var(--paper); border: 1px solid var(--line); border-radius: 7px;
}
.verdict { display: flex; flex-wrap: wrap; align-items: baseline; gap: 0 1rem; min-height: 4.2rem; }
#top { font-size: clamp(2rem, 9vw, 3rem); line-height: 1.4; font-weight: 650; letter-spacing: -.02em; max-width: 100%; }
#top.nothing { font-size: 1.25rem; font-weight: 400; letter-spacing: 0; color: var(--soft); align-self: center; }
#sure { font-size: 1.25rem; color: var(--soft); font-variant-numeric: tabular-nums; }
#classes { list-style: none; margin: .5rem 0 0; padding: 0; display: grid; gap: .15rem; }
#classes li { display: grid; grid-template-columns: minmax(1.5rem, min(9rem, 32%)) 1fr 4.25rem; align-items: center; gap: .75rem; min-height: 1.8rem; }
.short #classes li { grid-template-columns: 1.5rem 1fr 4.25rem; }
.name { line-height: 1.25; padding: .2rem 0; }
.track { height: .55rem; border-radius: 99px; background: var(--shade); overflow: hidden; }
.bar { display: block; height: 100%; width: 0; border-radius: 99px; background: var(--bar); }
.share { text-align: right; font-size: .9375rem; color: var(--soft); font-variant-numeric: tabular-nums; white-space: nowrap; }
.first .name { font-weight: 650; }
.first .bar { background: var(--accent); }
.first .share { color: var(--ink); }
@media (prefers-reduced-motion: no-preference) { .bar { transition: width .12s linear; } }
figure { display: flex; align-items: center; gap: .9rem; margin: 1.75rem 0 0; }
#seen { width: 4.5rem; flex: none; image-rendering: pixelated; border-radius: 4px; background: #000; box-shadow: 0 0 0 1px var(--line); }
figcaption { font-size: .875rem; color: var(--soft); }
footer { border-top: 1px solid var(--line); padding-top: 1rem; font-size: .875rem; color: var(--soft); }
footer ul { list-style: none; margin: 0 0 .5rem; padding: 0; display: flex; flex-wrap: wrap; gap: .1rem 1.5rem; font-variant-numeric: tabular-nums; }
.apart { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
`;
