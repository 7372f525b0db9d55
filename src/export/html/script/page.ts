// The second script of a page: what a person gives the page goes to the network, and its answer is shown.
import { Answer } from './answer.ts';
import { byId } from './elements.ts';
import { Images } from './images.ts';
import { numbersIn } from './numbers-in.ts';

const { paredown } = globalThis;
const { shape, classNames } = paredown;
const text = document.getElementById('numbers');

if (text instanceof HTMLTextAreaElement) {
  const answer = new Answer(classNames, 'No numbers yet');
  text.addEventListener('input', () =>
    answer.attempt(() => {
      const numbers = numbersIn(text.value, shape);
      return numbers && paredown.classify(numbers);
    }),
  );
} else {
  new Images(paredown, new Answer(classNames, byId('stage', HTMLElement).dataset.nothing ?? '')).listen();
}
