import type { CeilingFacts } from './calls.ts';
import { measureCeilings } from './ceilings.ts';
import type { Session } from './session.ts';

export const kernelCalls = (session: Session) => ({
  /** What the adapter computes and copies at the most, measured for about a second. */
  async ceilings(): Promise<CeilingFacts> {
    const { device, info } = await session.gpu();
    return measureCeilings(device, info.kind);
  },
});
