// The first script of a page: the network that the page holds, as `window.paredown`.
import type { Content } from '../content.ts';
import { pageClassifier } from './classifier.ts';

const text = document.getElementById('network')?.textContent ?? '';
globalThis.paredown = pageClassifier(JSON.parse(text) as Content);
