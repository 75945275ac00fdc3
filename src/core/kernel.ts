/** Which kernel a host runs, as far as rules depend on it. Distribution kernels backport: a name that exists wins over a version. */

export interface KernelVersion {
  major: number;
  minor: number;
}

/** `6.18.44-fc-v669` → 6.18; undefined where the words are no version. */
export const parseKernel = (release: string): KernelVersion | undefined => {
  const match = /^(\d{1,3})\.(\d{1,4})(?:[.\-+~_\s]|$)/.exec(release);
  return match === null ? undefined : { major: Number(match[1]), minor: Number(match[2]) };
};

/** Whether the kernel is `since` (`4.12`) or newer; undefined where its version is unknown. */
export const kernelAtLeast = (release: string | undefined, since: string): boolean | undefined => {
  const kernel = release === undefined ? undefined : parseKernel(release);
  const wanted = parseKernel(since);
  if (kernel === undefined || wanted === undefined) return undefined;
  return kernel.major !== wanted.major ? kernel.major > wanted.major : kernel.minor >= wanted.minor;
};
