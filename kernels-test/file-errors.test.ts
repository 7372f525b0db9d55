import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { DataError, OptionError } from '../src/core/errors.ts';
import { fileError } from '../src/node/file-error.ts';
import {
  dense,
  load,
  lockFolder,
  model,
  openStudy,
  readImage,
  readJson,
  readStudySettings,
  save,
  writeFileAtomic,
} from '../src/node.ts';
import { refusal, useDataFolder } from './support/data-files.ts';

const place = useDataFolder();

const READERS = { load, readJson, readImage } as const;
const NETWORK = model([2], [dense(1)]);
const WEIGHTS = new Map([
  ['dense_1/weights', { shape: [2, 1], data: new Float32Array(2) }],
  ['dense_1/bias', { shape: [1], data: new Float32Array(1) }],
]);
const WRITERS = {
  save: (path: string) => save(path, NETWORK, WEIGHTS),
  writeFileAtomic: (path: string) => writeFileAtomic(path, 'text'),
} as const;

/** Paths in a folder that holds a file, a folder and a link that leads nowhere. */
async function paths() {
  const folder = place();
  await writeFile(join(folder, 'file'), 'text');
  await mkdir(join(folder, 'folder'));
  await symlink(join(folder, 'none'), join(folder, 'link'));
  return folder;
}

/** A DataError that begins with the path, says so, keeps the system's code, and names no file of our own making. */
async function expectRefused(promise: Promise<unknown>, path: string, reason: string, code: string | RegExp) {
  const error = await refusal(promise);
  expect(error).toBeInstanceOf(DataError);
  expect(error.message.startsWith(`${path}: cannot be `)).toBe(true);
  expect(error.message).toContain(reason);
  expect(error.message).not.toMatch(/partial|EISDIR|ENOENT|ENOTDIR/);
  expect(error).toMatchObject({ code: expect.stringMatching(code) });
}

describe.each(Object.entries(READERS))('%s says what is wrong with a path where', (_, read) => {
  test('no file is', async () => {
    const folder = await paths();
    await expectRefused(read(join(folder, 'x')), join(folder, 'x'), `there is no such file in ${folder}; correct`, 'ENOENT');
  });
  test('its folder is missing', async () => {
    const folder = await paths();
    const path = join(folder, 'a', 'b', 'x');
    await expectRefused(read(path), path, `no such folder, ${join(folder, 'a', 'b')}; what exists of it is ${folder}.`, 'ENOENT');
  });
  test('a folder is', async () => {
    const path = join(await paths(), 'folder');
    await expectRefused(read(path), path, 'it is a folder; give the path of a file in it', /EISDIR|EPERM|EACCES/);
  });
  test('a file is in the way', async () => {
    const folder = await paths();
    const path = join(folder, 'file', 'x');
    await expectRefused(read(path), path, `${join(folder, 'file')} is a file, and a folder was expected`, /ENOTDIR|ENOENT/);
  });
  test('a link leads nowhere', async () => {
    const path = join(await paths(), 'link');
    await expectRefused(read(path), path, 'is a link that leads nowhere', 'ENOENT');
  });
});

test('a path is looked for where the program runs, and named as it was given', async () => {
  await expectRefused(load('no-such-model.st'), 'no-such-model.st', `there is no such file in ${process.cwd()}`, 'ENOENT');
});

describe.each(Object.entries(WRITERS))('%s says what is wrong with a path where', (_, write) => {
  test('a folder is, and leaves nothing behind', async () => {
    const folder = await paths();
    const path = join(folder, 'folder');
    await expectRefused(write(path), path, 'it is a folder, and a file was expected; add the name of a file', 'EISDIR');
    expect(await readdir(folder)).toEqual(['file', 'folder', 'link']);
  });
  test('a file is in the way', async () => {
    const folder = await paths();
    for (const path of [join(folder, 'file', 'x'), join(folder, 'file', 'a', 'x')])
      await expectRefused(write(path), path, `${join(folder, 'file')} is a file, and a folder was expected`, /EEXIST|ENOTDIR/);
  });
});

test('a study in a file says that it is one', async () => {
  const path = join(await paths(), 'file');
  for (const opened of [openStudy(path, {}), readStudySettings(path)])
    await expect(opened).rejects.toThrow(new OptionError(`${path} is a file; name a folder`));
  await expectRefused(lockFolder(path), path, 'is a file, and a folder was expected', /EEXIST|ENOTDIR/);
});

describe('what the system refuses is said in words, of', () => {
  test.each([
    ['EACCES', 'read', 'permission denied; see to it that this user may read it'],
    ['EACCES', 'written', 'permission denied; see to it that this user may write it'],
    ['EROFS', 'written', 'the file system is read-only; choose another folder'],
    ['ENOSPC', 'written', 'no space is left on the disk'],
    ['EIO', 'read', 'EIO: input/output error'],
  ] as const)('%s when it is %s', async (code, action, text) => {
    const path = join(await paths(), 'file');
    const error = await fileError(path, action, Object.assign(new Error(`${code}: input/output error`), { code }));
    expect(error).toBeInstanceOf(DataError);
    expect(error).toMatchObject({ code, message: expect.stringContaining(`${path}: cannot be ${action}: ${text}`) });
  });
});
