/** One setting in words: its value, its default, whether they differ; and what was found in one line. */
import type { SysctlAnswer, SysctlRow } from '../core/sysctl-query.js';
import { count } from './words.js';

export const nowOf = (row: SysctlRow): string =>
  row.value === undefined ? 'not here' : row.value === '' ? '(empty)' : row.value;
export const defaultOf = (row: SysctlRow): string =>
  row.kernelDefault === undefined
    ? 'not catalogued'
    : 'value' in row.kernelDefault
      ? row.kernelDefault.value === ''
        ? '(empty)'
        : row.kernelDefault.value
      : row.kernelDefault.words;

/** the unit in a word or two; lists, masks and names need none */
export const unitOf = (row: SysctlRow): string => {
  const unit = (row.entry?.unit ?? '').split(/[:,]/)[0] ?? '';
  return /^$|list|mask|name/.test(unit) || row.value === undefined || row.value === '' ? '' : ` ${unit}`;
};

export const comparison = (row: SysctlRow): string =>
  row.differs === 'yes'
    ? `  differs from the kernel default ${defaultOf(row)}`
    : row.differs === 'no'
      ? '  the kernel default'
      : row.kernelDefault === undefined
        ? '  not in the catalogue: shown as read'
        : `  default: ${defaultOf(row)}`;

export const sysctlVerdict = (host: string, answer: SysctlAnswer): string => {
  const { rows, notThere } = answer;
  const [only] = rows;
  const [gone] = notThere;
  const asked = `“${answer.words.join(' ')}”`;
  if (only === undefined)
    return gone === undefined ? `${host}: no setting matches ${asked}` : `${host}: ${gone.key}: ${gone.why}`;
  if (rows.length === 1 && gone === undefined)
    return `${host}: ${only.key} is ${nowOf(only)}${unitOf(only)}${only.differs === 'yes' ? `, the kernel default is ${defaultOf(only)}` : only.differs === 'no' ? ', the kernel default' : ''}`;
  const known = rows.filter((row) => row.differs !== 'unknown').length;
  const differing = rows.filter((row) => row.differs === 'yes').length;
  const what = `${host}: ${count(rows.length)} settings ${answer.by === 'health' ? 'matter for TCP' : `match ${asked}`}`;
  if (known === 0) return what;
  const those = differing === 0 ? 'none' : count(differing);
  const of = known === rows.length ? '' : ` of the ${count(known)} with a known default`;
  return `${what}, ${those}${of} ${differing < 2 ? 'differs' : 'differ'} from the kernel default`;
};
