import { VERSION } from '../core/version.ts';
import type { TextStore } from './platform.ts';

export type AdapterKind = 'gpu' | 'cpu';

/** What an adapter tells of itself. A browser may leave every name empty, and call no adapter a fallback. */
export type AdapterNames = Pick<GPUAdapterInfo, 'vendor' | 'architecture' | 'device' | 'description' | 'isFallbackAdapter'>;

const SOFTWARE = /llvmpipe|lavapipe|swiftshader|softpipe|basic render|\bwarp\b/;
const MAKERS =
  /\b(nvidia|geforce|amd|radeon|intel|apple|arm|mali|qualcomm|adreno|img-tec|imagination|powervr|samsung|xclipse|broadcom)\b/;

/** The kind of an adapter by its names; undefined where they are empty or unknown. */
export function kindByName({
  vendor,
  architecture,
  device,
  description,
  isFallbackAdapter,
}: AdapterNames): AdapterKind | undefined {
  const text = `${vendor} ${architecture} ${device} ${description}`.toLowerCase();
  if (isFallbackAdapter || SOFTWARE.test(text)) return 'cpu';
  return MAKERS.test(text) ? 'gpu' : undefined;
}

/** The kind that is remembered for this adapter, else what `measure` finds, which is remembered. */
export async function rememberedKind(
  adapter: Pick<GPUAdapter, 'info' | 'limits' | 'features'>,
  store: TextStore | undefined,
  measure: () => Promise<AdapterKind>,
): Promise<AdapterKind> {
  const identity = identityOf(adapter);
  const text = await store?.read(NAME);
  for (const kind of ['gpu', 'cpu'] as const) if (text === entry(identity, kind)) return kind;
  const kind = await measure();
  await store?.write(NAME, entry(identity, kind)).catch(() => undefined);
  return kind;
}

/** The last adapter that was measured. */
const NAME = 'adapter-kind.json';

const entry = (identity: string, kind: AdapterKind): string =>
  `${JSON.stringify({ format: 1, engine: VERSION, identity, kind })}\n`;

/** All that an adapter tells: where names are empty, limits and features still differ between drivers. */
function identityOf({ info, limits, features }: Pick<GPUAdapter, 'info' | 'limits' | 'features'>): string {
  const told: unknown[] = [
    info.vendor,
    info.architecture,
    info.device,
    info.description,
    info.subgroupMinSize,
    info.subgroupMaxSize,
  ];
  for (const name in limits) told.push(name, limits[name as keyof GPUSupportedLimits]);
  return [...told, ...[...features].sort()].join();
}
