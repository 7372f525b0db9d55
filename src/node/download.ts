import { createHash } from 'node:crypto';
import { abortError, DataError } from '../core/errors.ts';

/** A published file: its size and hash tell a true copy from any other. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Where a file can be had, and how long to wait: for the answer to begin, and then for each further piece. */
export interface Mirrors {
  /** Addresses that a file's name is appended to, in the order they are tried. */
  readonly urls: readonly string[];
  readonly connectMilliseconds: number;
  readonly stallMilliseconds: number;
}

export interface DownloadProgress {
  readonly file: string;
  /** Bytes so far, of `total`; they begin at 0 again where another mirror is tried. */
  readonly bytes: number;
  readonly total: number;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Downloads a file from the first mirror that delivers all of it with the right hash. Throws DataError with what each mirror
 * said, one line each, where none does; AbortError when the signal fires.
 */
export async function download(file: RemoteFile, mirrors: Mirrors, options: DownloadOptions = {}): Promise<Uint8Array> {
  const failures: string[] = [];
  for (const mirror of mirrors.urls) {
    const url = mirror + file.name;
    try {
      return await downloadFrom(url, file, mirrors, options);
    } catch (error) {
      if (options.signal?.aborted) throw abortError(options.signal.reason);
      if (!(error instanceof MirrorFailure)) throw error;
      failures.push(`  ${url}: ${error.message}`);
    }
  }
  throw new DataError(`${file.name} could not be downloaded:\n${failures.join('\n')}`);
}

/** What is wrong with one mirror; the next may do better. */
class MirrorFailure extends Error {}

async function downloadFrom(url: string, file: RemoteFile, limits: Mirrors, options: DownloadOptions): Promise<Uint8Array> {
  const { onProgress, signal } = options;
  const bytes = new Uint8Array(file.bytes);
  let length = 0;
  const watch = watchdog(signal);
  try {
    watch.allow(limits.connectMilliseconds, 'no answer');
    // A mirror that declared the file as encoded would have it decompressed on the way.
    const response = await fetch(url, { signal: watch.signal, headers: { 'accept-encoding': 'identity' } }).catch(watch.explain);
    if (!response.ok || !response.body)
      throw new MirrorFailure(`HTTP status ${response.status} ${response.statusText}`.trimEnd());
    const reader = response.body.getReader();
    for (;;) {
      watch.allow(limits.stallMilliseconds, `nothing more after ${length} of ${file.bytes} bytes`);
      const { done, value } = await reader.read().catch(watch.explain);
      if (done) break;
      if (length + value.length > file.bytes) throw new MirrorFailure(`expected ${file.bytes} bytes, but more came`);
      bytes.set(value, length);
      length += value.length;
      onProgress?.({ file: file.name, bytes: length, total: file.bytes });
    }
  } finally {
    watch.end();
  }
  if (length < file.bytes) throw new MirrorFailure(`expected ${file.bytes} bytes, but only ${length} came`);
  const hash = createHash('sha256').update(bytes).digest('hex');
  if (hash !== file.sha256) throw new MirrorFailure(`expected SHA-256 ${file.sha256}, but what came has ${hash}`);
  return bytes;
}

/** A signal that fires with the caller's, or when the time allowed for what comes next is over. */
function watchdog(outer: AbortSignal | undefined) {
  const controller = new AbortController();
  const forward = () => controller.abort();
  let timer: NodeJS.Timeout | undefined;
  let late: string | undefined;
  if (outer?.aborted) forward();
  outer?.addEventListener('abort', forward);
  return {
    signal: controller.signal,
    allow(milliseconds: number, problem: string): void {
      clearTimeout(timer);
      timer = setTimeout(() => {
        late = `${problem} within ${milliseconds / 1000} s`;
        controller.abort();
      }, milliseconds);
    },
    /** Tells why a request failed, in place of what `fetch` makes of it. */
    explain(error: unknown): never {
      throw new MirrorFailure(late ?? reasonOf(error));
    },
    /** Gives up what is still under way. */
    end(): void {
      clearTimeout(timer);
      controller.abort();
      outer?.removeEventListener('abort', forward);
    },
  };
}

/** `fetch` hides the reason in the cause of its error, at times in a code alone. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause;
  if (!(cause instanceof Error)) return error.message;
  return cause.message || ('code' in cause ? String(cause.code) : error.message);
}
