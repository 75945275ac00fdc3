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
  fleet: 'fleet',
  fleetHost: 'fleet-host',
  fleetCsv: 'fleet-csv',
  fleetStop: 'fleet-stop',
  drift: 'drift',
  trend: 'trend',
  sweepAcknowledge: 'sweep-acknowledge',
  sweepSilence: 'sweep-silence',
  changeApprove: 'change-approve',
  changeDeny: 'change-deny',
  changeDryRun: 'change-dry-run',
  changeWho: 'change-who',
  changeGlass: 'change-glass',
  changeConfirm: 'change-confirm',
  changeRevert: 'change-revert',
  changeUndo: 'change-undo',
  changeReview: 'change-review',
  changeShow: 'change-show',
  stopWatch: 'stop-watch',
  home: 'home',
  postTimeline: 'post-timeline',
  waveFinding: 'wave-finding',
  waveApprove: 'wave-approve',
  waveDeny: 'wave-deny',
  waveWho: 'wave-who',
  waveStop: 'wave-stop',
  waveConfirm: 'wave-confirm',
  waveRevert: 'wave-revert',
  waveShow: 'wave-show',
} as const;

/** Modals of changes, by callback id. */
export const VIEWS = {
  propose: 'change-propose',
  deny: 'change-deny',
  glass: 'change-glass',
  code: 'change-code',
  wavePropose: 'wave-propose',
  waveDeny: 'wave-deny',
  waveCode: 'wave-code',
} as const;

/** What people enter in them, by block id. */
export const INPUTS = {
  reason: 'reason',
  window: 'window',
  persist: 'persist',
  code: 'code',
  canary: 'canary',
  pace: 'pace',
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
  /** a change, and the digest of the plan that its message shows */
  change?: string;
  digest?: string;
  /** what was typed to name several hosts: resolved again at the click */
  selector?: string;
  /** the id under which the bot keeps an answer about several hosts, or a run of one */
  fleet?: string;
  /** how many hosts the person was told, where that many take a click */
  hosts?: number;
  /** an alert of a sweep */
  alert?: string;
  /** a watch */
  watch?: string;
  /** a wave; `digest` is that of the list which its message shows */
  wave?: string;
  /** batches that its message shows as begun */
  begun?: number;
}

const SELECTOR_MAX = 500;
/** Whether a button can name these hosts. Cut short it would name others: `web-88` would become `web-8`. */
export const fitsRef = (selector: string): boolean => selector.length <= SELECTOR_MAX;

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
  change: z
    .string()
    .regex(/^[a-z0-9]{8,40}$/)
    .optional(),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  selector: z.string().min(1).max(SELECTOR_MAX).optional(),
  fleet: z.string().min(1).max(64).optional(),
  hosts: z.int().min(1).max(100_000).optional(),
  alert: z.string().min(1).max(200).optional(),
  watch: z.string().min(1).max(64).optional(),
  wave: z
    .string()
    .regex(/^[a-z0-9]{8,40}$/)
    .optional(),
  begun: z.int().min(0).max(1_000).optional(),
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
