/** Numbers as people read them. For sentences alone: where a value is written to a host it stands as the kernel has it. */
const FORMAT = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });

/** 18888 → `18,888`, 2.345 → `2.35`; whatever the machine's locale is */
export const grouped = (value: number): string => FORMAT.format(value);
