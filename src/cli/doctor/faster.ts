import type { AdapterReport, Caches, SystemFacts } from './types.ts';

/** What would make trainings faster here, the largest first. */
export function fasterBy({ graphics, environment }: SystemFacts, adapter: AdapterReport, { tunedKernels }: Caches): string[] {
  if (!('info' in adapter)) return [];
  const { info, features } = adapter;
  const software = info.kind === 'cpu';
  const fixed = environment.VK_DRIVER_FILES ?? environment.VK_ICD_FILENAMES;
  return [
    ...(software && graphics.length > 0
      ? [
          `There is graphics hardware (${graphics.join(', ')}), but computed is on the processor: ` +
            (fixed
              ? `the environment names the Vulkan driver ${fixed}; without it another may be found`
              : "install the GPU's Vulkan driver (NVIDIA: its own driver with libnvidia-gl; AMD, Intel: mesa-vulkan-drivers; and see that you may open the device: group render)"),
        ]
      : []),
    ...(software && graphics.length === 0
      ? ['Computed is on the processor: on a machine with a GPU a training takes a small part of the time']
      : []),
    ...(environment.PAREDOWN_DEFAULT_LIMITS === '1'
      ? ['PAREDOWN_DEFAULT_LIMITS=1 refuses the features and limits that this adapter has: unset it']
      : []),
    ...(software && environment.LP_NUM_THREADS !== undefined
      ? [`LP_NUM_THREADS=${environment.LP_NUM_THREADS} is how many threads the driver may use: unset it for all cores`]
      : []),
    ...(!software && features.includes('shader-f16')
      ? ['--precision mixed: products of 16-bit floats, for half the memory and traffic']
      : []),
    ...(!features.includes('subgroups') && environment.PAREDOWN_DEFAULT_LIMITS !== '1'
      ? ['The driver has no subgroups, which some kernels use: a newer one may']
      : []),
    ...(tunedKernels === 0
      ? ['No kernels were measured on this adapter yet: --tune quick of `paredown train` takes 5 s and remembers the fastest']
      : []),
  ];
}
