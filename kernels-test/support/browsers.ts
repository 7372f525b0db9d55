import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { type Browser, launch } from 'puppeteer-core';

export type BrowserName = 'chromium' | 'firefox';

const BROWSERS = {
  chromium: {
    variable: 'CHROME',
    programs: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    debian: 'chromium',
  },
  firefox: { variable: 'FIREFOX', programs: ['firefox', 'firefox-esr'], debian: 'firefox-esr' },
} as const;

const chromiumFlags = [
  // A container has neither user namespaces for the sandbox nor a large /dev/shm.
  '--no-sandbox',
  '--disable-dev-shm-usage',
];
/** WebGPU on SwiftShader, whatever the machine has: a page's results then depend on the machine as little as they can. */
const chromiumWebgpuFlags = [
  '--enable-unsafe-webgpu',
  '--use-angle=swiftshader',
  '--enable-features=Vulkan',
  '--use-vulkan=swiftshader',
  '--use-webgpu-adapter=swiftshader',
];
/** Firefox takes the Vulkan driver that there is. */
const firefoxWebgpu = { 'dom.webgpu.enabled': true, 'gfx.webgpu.ignore-blocklist': true };

/**
 * The browser to test with: what its environment variable (CHROME, FIREFOX) names, else the first of its usual names in PATH. Where there
 * is none, the test is skipped, and fails where CI is set.
 */
export function browserToTest(name: BrowserName, skip: (why: string) => void): string {
  const { variable, programs, debian } = BROWSERS[name];
  const named = process.env[variable];
  if (named) return named;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const found = programs.flatMap((program) => folders.map((folder) => join(folder, program))).find((path) => existsSync(path));
  if (found) return found;
  const why = `no ${name}: install one (Debian: apt-get install ${debian}), or name it in the environment variable ${variable}`;
  if (!process.env.CI) skip(why);
  throw new Error(why);
}

/** Starts a browser without a window, with WebGPU unless told otherwise, lets `use` have it, and ends it. An answer may take `timeoutMs`. */
export async function withBrowser<T>(
  name: BrowserName,
  path: string,
  use: (browser: Browser) => Promise<T>,
  options?: BrowserOptions,
): Promise<T> {
  const browser = await startBrowser(name, path, options);
  try {
    return await use(browser);
  } finally {
    await browser.close();
  }
}

/** As `withBrowser`, for who ends it. */
export async function startBrowser(
  name: BrowserName,
  path: string,
  { webgpu = true, preferences = {}, args = [], env = process.env, timeoutMs = 240_000 }: BrowserOptions = {},
): Promise<Browser> {
  return await launch({
    browser: name === 'chromium' ? 'chrome' : 'firefox',
    executablePath: path,
    headless: true,
    env,
    protocolTimeout: timeoutMs,
    ...(name === 'chromium' && {
      args: [...chromiumFlags, ...(webgpu ? chromiumWebgpuFlags : ['--disable-gpu']), ...args],
    }),
    extraPrefsFirefox: { ...(webgpu && firefoxWebgpu), ...preferences },
  });
}

export interface BrowserOptions {
  readonly webgpu?: boolean;
  /** Firefox's, beside those for WebGPU. */
  readonly preferences?: Readonly<Record<string, unknown>>;
  /** Chromium's flags, beside those for WebGPU. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
}
