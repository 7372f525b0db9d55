import type { Constants } from '../../gpu/composer.ts';
import { inRange } from '../checks.ts';

/** Options that Adam and its kin share. */
export interface MomentOptions {
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
}

export function checkMoments(where: string, { beta1, beta2, epsilon }: MomentOptions): void {
  inRange(`${where}: beta1`, beta1, isShare, 'at least 0 and below 1');
  inRange(`${where}: beta2`, beta2, isShare, 'at least 0 and below 1');
  inRange(`${where}: epsilon`, epsilon, (n) => n > 0, 'positive');
}

/** What shaders/optimizer/adam.wgsl needs. */
export function momentConstants({ beta1, beta2, epsilon }: MomentOptions): Constants {
  return {
    BETA1: { f32: beta1 },
    BETA2: { f32: beta2 },
    REST1: { f32: 1 - beta1 },
    REST2: { f32: 1 - beta2 },
    LOG_BETA1: { f32: beta1 === 0 ? -1e4 : Math.log(beta1) },
    LOG_BETA2: { f32: beta2 === 0 ? -1e4 : Math.log(beta2) },
    EPSILON: { f32: epsilon },
  };
}

export function isShare(n: number): boolean {
  return n >= 0 && n < 1;
}
