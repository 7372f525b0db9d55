import { render } from 'preact';
import { App } from './app.tsx';
import './style.css';

const root = document.getElementById('page');
// The modules were evaluated in one task; the first rendering has the next.
if (root) setTimeout(() => render(<App />, root));
