/**
 * What a click says. A button carries ids only, is never trusted and never enough: whoever handles it loads, authorises and
 * checks again. Slack's limits: action_id 255 characters, value 2000.
 */
import { z } from 'zod';

export const ACTIONS = {
  refresh: 'refresh',
  states: 'states',
  sysctls: 'sysctls',
  raw: 'raw',
  share: 'share',
  why: 'why',
  propose: 'propose',
  watch: 'watch',
  cancel: 'cancel',
  measure: 'measure',
  checkHost: 'check-host',
  refreshSysctls: 'refresh-sysctls',
} as const;

export type ActionId = (typeof ACTIONS)[keyof typeof ACTIONS];

/** `propose:0` → `propose`: several buttons of one kind in a message need ids of their own. */
export const actionOf = (actionId: string): string => actionId.replace(/:\d+$/, '');

/** What a button points at. Names and ids, never values to be set. */
export interface Ref {
  /** the name in the inventory */
  host?: string;
  /** the id under which the bot keeps this measurement, for Raw, States and Share */
  measurement?: string;
  /** rule id, and the subject where a host can have several */
  finding?: string;
  subject?: string;
  /** the words of `/sysctl host words…` */
  words?: string;
  /** the answer was to the asker alone */
  private?: boolean;
}

const refSchema = z.strictObject({
  host: z.string().min(1).max(255).optional(),
  measurement: z.string().min(1).max(64).optional(),
  finding: z
    .string()
    .regex(/^[a-z0-9-]{1,64}$/)
    .optional(),
  subject: z.string().min(1).max(200).optional(),
  words: z.string().max(500).optional(),
  private: z.boolean().optional(),
});

/** @returns at most 2000 characters; throws for a reference that could not be read back, which is a mistake of ours */
export const encodeRef = (ref: Ref): string => {
  const value = JSON.stringify(refSchema.parse(ref));
  if (value.length > 2000) throw new RangeError(`a button value of ${value.length} characters`);
  return value;
};

/** @returns undefined for anything that we did not write: the click is then refused */
export const decodeRef = (value: string | undefined): Ref | undefined => {
  if (value === undefined || value.length > 2000) return undefined;
  try {
    const parsed = refSchema.safeParse(JSON.parse(value));
    return parsed.success ? parsed.data : undefined;
  } catch {
    return undefined;
  }
};
