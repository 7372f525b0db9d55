// Takes a folder for the test of locks.   lock-process.ts FOLDER            tells 'locked', and has it until its input ends
//                                         lock-process.ts FOLDER TIMES      takes it so often, and tells 'clash' where it is not alone
import { mkdir, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { lockFolder } from '../../src/node/folder-lock.ts';

const [folder = '', times] = process.argv.slice(2);

async function contend(): Promise<void> {
  let lock: AsyncDisposable;
  try {
    lock = await lockFolder(folder);
  } catch {
    console.log('refused');
    return;
  }
  const inside = join(folder, 'inside');
  try {
    await mkdir(inside);
    await new Promise((done) => setTimeout(done, 5));
    await rmdir(inside);
    console.log('alone');
  } catch {
    console.log('clash');
  }
  await lock[Symbol.asyncDispose]();
}

if (times !== undefined) for (let i = 0; i < Number(times); i++) await contend();
else {
  await using _lock = await lockFolder(folder);
  console.log('locked');
  for await (const _ of process.stdin);
}
