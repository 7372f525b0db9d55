import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, utf8ToBytes } from '@noble/hashes/utils.js';
import { VERSION } from '../core/version.ts';
import type { Gpu } from '../gpu/gpu.ts';
import type { Decision } from '../kernels/family.ts';
import type { PlannedFusion } from '../plan/decisions.ts';

/** What was found for one kernel and shape. */
export interface Finding {
  readonly variant: string;
  /** Least milliseconds of a dispatch, by variant. */
  readonly times: Readonly<Record<string, number>>;
  readonly mode: 'quick' | 'full';
}

/**
 * What the tuner found on one adapter, driver and engine version, kept in the user's cache. An entry's key covers the problem and
 * the text of every candidate's kernel, so that it is never taken for other kernels. A damaged file counts as an empty one.
 */
export class TuningMemory {
  private readonly findings = new Map<string, Finding>();
  private readonly name: string;

  private constructor(private readonly gpu: Gpu) {
    this.name = `tuning-${digest(JSON.stringify([VERSION, gpu.info, gpu.capabilities])).slice(0, 16)}.json`;
  }

  static async open(gpu: Gpu): Promise<TuningMemory> {
    const memory = new TuningMemory(gpu);
    await memory.load();
    return memory;
  }

  static keyOf(decision: Decision): string {
    return digest(JSON.stringify([decision.key, codesOf(decision)]));
  }

  static keyOfFusion({ decision, alternatives }: PlannedFusion): string {
    const codes = [...alternatives].map(([variant, parts]) => [
      variant,
      parts.map((part) => ('kernel' in part ? [part.kernel.code, part.kernel.workgroups] : codesOf(part.decision))),
    ]);
    return digest(JSON.stringify([decision.key, codes]));
  }

  get(key: string): Finding | undefined {
    return this.findings.get(key);
  }

  set(key: string, finding: Finding): void {
    this.findings.set(key, finding);
  }

  /** Adds what was found to what the user's cache holds by now. Returns whether it could be kept. */
  async save(): Promise<boolean> {
    const { store, info } = this.gpu;
    if (!store) return false;
    const mine = [...this.findings];
    await this.load();
    for (const [key, finding] of mine) this.findings.set(key, finding);
    const text = JSON.stringify({ format: 1, engine: VERSION, adapter: info, findings: Object.fromEntries(this.findings) });
    return store.write(this.name, `${text}\n`).then(
      () => true,
      () => false,
    );
  }

  private async load(): Promise<void> {
    const text = await this.gpu.store?.read(this.name);
    if (text === undefined) return;
    for (const [key, finding] of Object.entries(findingsOf(text))) if (isFinding(finding)) this.findings.set(key, finding);
  }
}

function findingsOf(text: string): object {
  try {
    const { format, findings } = JSON.parse(text) as { format?: unknown; findings?: unknown };
    return format === 1 && typeof findings === 'object' && findings !== null ? findings : {};
  } catch {
    return {};
  }
}

function isFinding(value: unknown): value is Finding {
  const { variant, times, mode } = (value ?? {}) as Partial<Record<keyof Finding, unknown>>;
  return typeof variant === 'string' && typeof times === 'object' && times !== null && (mode === 'quick' || mode === 'full');
}

function codesOf(decision: Decision) {
  return decision.candidates().map(({ variant, kernel: { code, workgroups } }) => [variant, code, workgroups]);
}

function digest(text: string): string {
  return bytesToHex(sha256(utf8ToBytes(text)));
}
