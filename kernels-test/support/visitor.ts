import type { Page } from 'puppeteer-core';
import type { Hash } from '../../examples/page/app/router.ts';

/** Of any one thing that the demo page is to do: a software driver compiles and trains slowly, and others may use the processor. */
export const PATIENCE = 240_000;
const WAITS = { timeout: PATIENCE, polling: 200 };

export const ROOMS = {
  train: '#/',
  data: '#/data',
  network: '#/network',
  draw: '#/draw',
  pare: '#/pare',
  take: '#/take',
} as const satisfies Record<string, Hash>;

/** Goes to a room of the page as a person does, by its link. */
export async function enter(page: Page, room: keyof typeof ROOMS): Promise<void> {
  await page.$eval(`nav a[href="${ROOMS[room]}"]`, (link) => (link as HTMLAnchorElement).click());
  await page.waitForSelector(`nav a[href="${ROOMS[room]}"][aria-current=page]`, { timeout: PATIENCE });
  // Its module may come when it is first entered.
  await page.waitForSelector('main .room', { timeout: PATIENCE });
}

/** Presses the first button that is ready and whose text begins so. */
export async function press(page: Page, text: string): Promise<void> {
  await page.waitForFunction(
    (wanted) => {
      const button = [...document.querySelectorAll('button')].find((one) => one.textContent?.startsWith(wanted) && !one.disabled);
      button?.click();
      return button !== undefined;
    },
    WAITS,
    text,
  );
}

/** Until the room says what the pattern matches; where it never does, the error tells what it said instead. */
export async function says(page: Page, pattern: string): Promise<void> {
  try {
    await page.waitForFunction(
      (text) => new RegExp(text).test(document.querySelector('main')?.textContent ?? ''),
      WAITS,
      pattern,
    );
  } catch (cause) {
    const said = await page.$eval('main', (main) => main.textContent);
    throw new Error(`The page does not say /${pattern}/ but:\n${said}`, { cause });
  }
}

/** Types into fields, by the beginnings of their labels. */
export async function fill(page: Page, fields: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(fields))
    await page.waitForFunction(
      (begin, text) => {
        const found = [...document.querySelectorAll('label')].find((one) => one.textContent?.trim().startsWith(begin));
        const input = found?.querySelector('input');
        if (!input) return false;
        input.value = text;
        for (const event of ['input', 'change']) input.dispatchEvent(new Event(event, { bubbles: true }));
        return true;
      },
      WAITS,
      label,
      value,
    );
}

/** Trains for some epochs of some images a step, to the end. */
export async function train(page: Page, { epochs, batch }: { readonly epochs: number; readonly batch: number }): Promise<void> {
  await enter(page, 'network');
  // The data come first: a recipe is checked against them.
  await fill(page, { 'Images a step': String(batch), Epochs: String(epochs) });
  await enter(page, 'train');
  await press(page, 'Train');
  await says(page, 'Trained\\.');
}

/** Draws a 7 in the room for drawing. */
export async function drawSeven(page: Page): Promise<void> {
  const pad = await page.waitForSelector('canvas.pad', { timeout: PATIENCE });
  await pad?.scrollIntoView();
  const box = await pad?.boundingBox();
  if (!box) throw new Error('There is something to draw on');
  const to = (x: number, y: number) => page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 5 });
  await to(0.3, 0.25);
  await page.mouse.down();
  await to(0.7, 0.25);
  await to(0.45, 0.8);
  await page.mouse.up();
}

/** Searches for smaller networks from the trained one until something was taken away, and stops. */
export async function pare(page: Page): Promise<void> {
  await enter(page, 'pare');
  await says(page, 'The trained network holds');
  await page.$eval('.choices details', (details) => details.setAttribute('open', ''));
  await fill(page, {
    'Accuracy to hold, %': '1',
    Minutes: '10',
    'At most so many trials': '2',
    'Passes of a full training': '0.1',
  });
  await press(page, 'Search');
  await says(page, '[2-9] trials, at most 2');
  // The front has the start, and what came of it.
  await page.waitForFunction(() => document.querySelectorAll('table.front input[type=radio]').length > 1, WAITS);
}

/** Chooses the smallest network of the front; in one turn, since a search that goes on may put another row in the place of the first. */
export async function chooseSmallest(page: Page): Promise<void> {
  await page.waitForFunction(() => {
    const smallest = document.querySelector<HTMLInputElement>('table.front input[type=radio]');
    smallest?.click();
    return smallest !== null;
  }, WAITS);
}
