/**
 * The gate's text for a host. Its allow-list has one home, the sysctl catalogue: without the generated table gate.sh knows no
 * key and refuses everything.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { AllowedValues, SysctlEntry } from '../core/sysctl.js';

const PLACE = '    #@allow-list\n';

/** `net.ipv4.x` -> `net/ipv4/x`; throws for anything that could leave /proc/sys */
const pathOf = (key: string): string => {
  if (!/^[a-z0-9_]+(\.[a-z0-9_]+){1,6}$/.test(key))
    throw new Error(`${key} can't be a key of the gate: unexpected name`);
  return key.replaceAll('.', '/');
};

const wholeNumber = (key: string, name: string, value: number): number => {
  if (!Number.isSafeInteger(value) || value < 0 || value > 999_999_999)
    throw new Error(`${key}: ${name} ${value} is not a whole number of at most nine digits, which shells need`);
  return value;
};

const settingsOf = (key: string, allowed: AllowedValues): string[] => {
  const settings = [`P=${pathOf(key)}`, `SHAPE=${allowed.shape}`];
  if (allowed.shape !== 'ports')
    settings.push(`MIN=${wholeNumber(key, 'min', allowed.min)}`, `MAX=${wholeNumber(key, 'max', allowed.max)}`);
  if (allowed.shape === 'range') settings.push(`WIDTH=${wholeNumber(key, 'widthMin', allowed.widthMin)}`);
  if (allowed.multipleOf !== undefined) settings.push(`STEP=${wholeNumber(key, 'multipleOf', allowed.multipleOf)}`);
  if (allowed.neverLower) settings.push('NEVER_LOWER=1');
  if (allowed.inUse !== undefined) {
    const percent = Math.round(allowed.inUse.ratioMax * 100);
    settings.push(`IN_USE=${pathOf(allowed.inUse.key)}`, `IN_USE_PERCENT=${wholeNumber(key, 'inUse', percent)}`);
  }
  if (allowed.memory !== undefined) {
    const { bytesEach, ratioMax } = allowed.memory;
    settings.push(
      `MEM_EACH=${bytesEach === 'page' ? 'page' : wholeNumber(key, 'bytesEach', bytesEach)}`,
      `MEM_PERMILLE=${wholeNumber(key, 'memory', Math.round(ratioMax * 1000))}`,
    );
  }
  return settings;
};

/** @returns the lines of the gate's case table, one per key that may be set, by name; they are shell text */
export const allowList = (catalogue: Iterable<Pick<SysctlEntry, 'key' | 'allowed'>>): string =>
  [...catalogue]
    .flatMap(({ key, allowed }) =>
      allowed === undefined ? [] : [`    ${key}) ${settingsOf(key, allowed).join(' ')} ;;\n`],
    )
    .sort()
    .join('');

/**
 * @param source gate.sh as it stands in this folder; tests give one with other constants and with crash points
 * @returns the whole program `gate` as it is to stand on a host
 */
export const gateScript = (
  catalogue: Iterable<Pick<SysctlEntry, 'key' | 'allowed'>>,
  source: string = gateSource(),
): string => {
  const [head, tail, ...more] = source.split(PLACE);
  if (head === undefined || tail === undefined || more.length > 0)
    throw new Error(`gate.sh must have exactly one line ${PLACE.trim()}`);
  // The marks for crash tests are comments; on a host they would only puzzle.
  return `${head}${allowList(catalogue)}${tail}`.replace(/^ *#@kp .*\n/gm, '');
};

/** gate.sh without its allow-list */
export const gateSource = (): string => readFileSync(new URL('./gate.sh', import.meta.url), 'utf8');

/** SHA-256 in hex, as sudoers and the gate's `version` name it */
export const digestOf = (text: string): string => createHash('sha256').update(text).digest('hex');
