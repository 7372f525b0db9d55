// Trains W2 in a Web Worker, and posts what came of it.
import * as paredown from '../../dist/index.js';
import { trainW2 } from './w2.mjs';

trainW2(paredown).then(
  (result) => postMessage({ result }),
  (error) => postMessage({ error: String(error?.stack ?? error) }),
);
