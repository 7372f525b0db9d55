// Pictures of the demo page, to be looked at: npm run page:pictures -- --help
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { browserToTest, withBrowser } from '../kernels-test/support/browsers.ts';
import { serveDemo } from '../kernels-test/support/page.ts';
import { chooseSmallest, drawSeven, enter, PATIENCE, pare, press, ROOMS, train } from '../kernels-test/support/visitor.ts';
import { OptionError } from '../src/core/errors.ts';
import { runProgram } from './common/arguments.ts';

const WIDTHS = [390, 1280, 2560, 3840];
const SCHEMES = ['light', 'dark'];

const HELP = `npm run page:pictures [-- FOLDER]

Builds the demo page, opens it in Chromium (WebGPU on SwiftShader), trains for 60 steps, draws a 7, searches for a smaller network, and
writes a picture of each room, ${WIDTHS.join(', ')} pixels wide, light and dark, to FOLDER [runs/page-pictures].`;

await runProgram(async (args) => {
  const [folder = join('runs', 'page-pictures'), ...rest] = args;
  if (folder === '--help') {
    console.log(HELP);
    return 0;
  }
  if (folder.startsWith('-') || rest.length > 0)
    throw new OptionError(`one folder can be given, got ${args.join(' ')}; npm run page:pictures -- --help tells more`);
  await mkdir(folder, { recursive: true });
  await using site = await serveDemo({ digits: { train: 480, test: 100 } });
  const path = browserToTest('chromium', (why) => {
    throw new OptionError(why);
  });
  await withBrowser('chromium', path, async (browser) => {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    await page.goto(site.url);
    await train(page, { epochs: 2, batch: 16 });
    await press(page, 'Time the kernels');
    await page.waitForSelector('table.times tbody tr', { timeout: PATIENCE });
    await press(page, 'All wrong images');
    await enter(page, 'draw');
    await drawSeven(page);
    await page.waitForSelector('p.top strong', { timeout: PATIENCE });
    await pare(page);
    await chooseSmallest(page);
    for (const width of WIDTHS) {
      await page.setViewport({ width, height: 900 });
      for (const scheme of SCHEMES) {
        await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
        for (const room of Object.keys(ROOMS) as (keyof typeof ROOMS)[]) {
          await enter(page, room);
          // What a room asks of the network is answered, and charts are drawn anew.
          await new Promise((settled) => setTimeout(settled, 2000));
          await page.screenshot({ path: join(folder, `${room}-${width}-${scheme}.png`), fullPage: true });
        }
      }
    }
  });
  console.log(`${WIDTHS.length * SCHEMES.length * Object.keys(ROOMS).length} pictures in ${folder}`);
  return 0;
});
