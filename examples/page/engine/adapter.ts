import type { AdapterFacts } from './calls.ts';
import type { Session } from './session.ts';

export const adapterCalls = (session: Session) => ({
  async adapter(): Promise<AdapterFacts> {
    const { info, features } = await session.gpu();
    const name = info.description || info.device || [info.vendor, info.architecture].filter(Boolean).join(' ');
    return { name: name || 'an adapter without a name', kind: info.kind, timestamps: features.has('timestamp-query') };
  },
});
