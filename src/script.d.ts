// A program of a page imports as its text, bundled with what it imports: scripts/page-scripts.mjs sees to it.
declare module '*?script' {
  const code: string;
  export default code;
}
