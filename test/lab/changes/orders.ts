/** What a test tells a bot's process, and what that tells a test. */
import type { Change } from '../../../src/core/change.js';
import type { Host } from '../../../src/core/inventory.js';

/**
 * Where something happens to a bot: `before` or `after` one of its steps, or `during` it, so many milliseconds after it began.
 * A step is a write of the store, a request to the gate or a message, with its count in this process: `append:applied#1`,
 * `gate:set#1`, `due.schedule:settle#2`. `*#7` is the seventh beginning or end of any step.
 */
export interface Point {
  when: 'before' | 'during' | 'after';
  step: string;
  ms?: number;
}

export interface Order {
  database: string;
  host: Host;
  /** key -> value as the host has it when the change is drafted, and as it is to be */
  from: Readonly<Record<string, string>>;
  to: Readonly<Record<string, string>>;
  windowSeconds: number;
  persistent: boolean;
  verifyAfterSeconds: number;
  /** messages, one JSON line each: they outlive the process, as Slack does */
  messages: string;
  /** `before STEP` and `after STEP`, one line each */
  steps: string;
  /** the process ends here by SIGKILL */
  kill?: Point;
  /** the test is told, and the process waits until it says go on */
  pause?: Point;
}

export type Click = 'draft' | 'propose' | 'approve' | 'confirm' | 'revert';

/** `as`: which of the lab's people clicks; by themselves Ada asks and Grace allows */
export interface ToDo {
  id: number;
  do: Click | 'look';
  as?: string;
}
export type ToBot = ToDo | { goOn: true };

export interface Looked {
  change?: Change;
  /** what the person who clicked alone was shown */
  said?: string;
  /** how many steps were begun, and how many are not done */
  begun: number;
  open: number;
}

export type FromBot =
  | { ready: true }
  | { paused: true }
  | { id: number; looked: Looked }
  | { id: number; failed: string };

export const pointText = ({ when, step, ms }: Point): string => `${when} ${step}${ms === undefined ? '' : ` ${ms} ms`}`;
