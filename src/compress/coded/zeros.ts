import { BitModel } from './bit-model.ts';
import type { Coder } from './coder.ts';

/** Shares of an output's numbers that are not zero, told apart. */
const LEVELS = 6;
/** A share is known to 1 in 4096, and moves by an eighth. */
const SHARE = 4096;

/**
 * Which numbers of a tensor are zero: by whether those before it in its row are, and the one above it, and by the share of its output,
 * the last axis, that was not zero of late.
 */
export class ZeroModel {
  private readonly models = Array.from({ length: 8 * LEVELS }, () => new BitModel());

  /** For a tensor whose last axis is so long. */
  begin(width: number): ZeroContext {
    return new ZeroContext(this.models, width);
  }
}

class ZeroContext {
  private at = 0;
  /** Of each output, its share and whether its latest number was not zero. */
  private readonly columns: Int32Array;
  private left = 0;

  constructor(
    private readonly models: readonly BitModel[],
    private readonly width: number,
  ) {
    this.columns = new Int32Array(width).fill(SHARE);
  }

  next(coder: Coder, isZero: boolean): boolean {
    const column = this.at++ % this.width;
    if (column === 0) this.left = 0;
    const known = this.columns[column] ?? 0;
    const [share, above] = [known >>> 1, known & 1];
    const level = Math.min(LEVELS - 1, Math.floor((share * LEVELS * 2) / SHARE));
    const context = (level * 2 + above) * 4 + this.left;
    const found = coder.bit(this.models[context] as BitModel, isZero ? 1 : 0) === 1;
    this.left = ((this.left << 1) & 3) | (found ? 0 : 1);
    const moved = share + (((found ? 0 : SHARE) - share) >> 3);
    this.columns[column] = (moved << 1) | (found ? 0 : 1);
    return found;
  }
}
