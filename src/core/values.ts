/** Sysctl values against what may be set. The kernel is no validator: it takes 0 seconds, -1 and ranges of two ports. */
import { parsePortList } from './port-list.js';
import type { AllowedValues } from './sysctl.js';

/** A value as it is compared: blanks folded to one, none around it. */
export const folded = (value: string): string => value.trim().replace(/\s+/g, ' ');

/** A key's value as it is compared; undefined where the host has none, or it could not be read. */
export const valueIn = (values: Readonly<Record<string, string | undefined>>, key: string): string | undefined => {
  const value = values[key];
  return value === undefined ? undefined : folded(value);
};

const INTEGER = /^(?:0|[1-9]\d{0,14})$/;

const integers = (text: string): number[] | undefined => {
  const words = text.split(' ');
  return words.every((word) => INTEGER.test(word)) ? words.map(Number) : undefined;
};

/** Bounds that a policy narrows the catalogue's to; a side that it doesn't name stays. */
export interface Bounds {
  min?: number;
  max?: number;
}

/**
 * Why a value may not be set, as the end of “must be …”; undefined where it may.
 * @param text the value as the kernel prints it, blanks folded to one
 */
export const valueProblem = (text: string, allowed: AllowedValues, bounds: Bounds = {}): string | undefined => {
  if (allowed.shape === 'ports')
    return parsePortList(text) === undefined ? 'a list of ports such as 8080,9000-9010' : undefined;
  const min = Math.max(allowed.min, bounds.min ?? allowed.min);
  const max = Math.min(allowed.max, bounds.max ?? allowed.max);
  const numbers = integers(text);
  const within = numbers?.every((number) => number >= min && number <= max) ?? false;
  switch (allowed.shape) {
    case 'integer': {
      const step = allowed.multipleOf ?? 1;
      const whole = numbers?.length === 1 && within && (numbers[0] ?? 0) % step === 0;
      if (!whole && min === max) return `${min}`;
      return whole ? undefined : `a ${step === 1 ? 'whole number' : `multiple of ${step}`} from ${min} to ${max}`;
    }
    case 'range': {
      const [low = 0, high = 0] = numbers ?? [];
      return numbers?.length === 2 && within && high - low >= allowed.widthMin
        ? undefined
        : `two numbers from ${min} to ${max}, at least ${allowed.widthMin} apart`;
    }
    case 'triple': {
      const [low = 0, middle = 0, high = 0] = numbers ?? [];
      return numbers?.length === 3 && within && low <= middle && middle <= high
        ? undefined
        : `three rising numbers from ${min} to ${max}`;
    }
  }
};
