/** Numbers as people read them. For sentences alone: where a value is written to a host it stands as the kernel has it. */
const FINE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 2 });
const WHOLE = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });

/** 18888 → `18,888`, 1476.12 → `1,476`, 2.345 → `2.35`; whatever the machine's locale is. From 100 on no fraction matters. */
export const grouped = (value: number): string => (Math.abs(value) >= 100 ? WHOLE : FINE).format(value);
