/** What the codes of a gate's `end=` line mean: for the state machine what is in force now, for people what to do next. */

export interface GateCode {
  /**
   * `done` as asked · `nothing` this request changed nothing · `see-state` the answer's `state` says what holds ·
   * `reverts` something is or may be in force, and the host takes it back by itself
   */
  effect: 'done' | 'nothing' | 'see-state' | 'reverts';
  /** whether asking the very same again can help */
  again: boolean;
  meaning: string;
}

const code = (effect: GateCode['effect'], again: boolean, meaning: string): GateCode => ({ effect, again, meaning });

export const GATE_CODES: Readonly<Record<string, GateCode>> = {
  ok: code('done', false, 'Done as asked.'),
  denied: code(
    'nothing',
    false,
    'The host refused the request: unknown key, verb or spelling. Enroll it again if its gate is older than the bot.',
  ),
  'out-of-bounds': code('nothing', false, 'The value is outside the bounds that the host holds for this key.'),
  'would-lower': code(
    'nothing',
    false,
    'This key may only be raised; lowering is allowed only to take back a confirmed change.',
  ),
  'below-use': code(
    'nothing',
    true,
    'What is in use now would exceed 80 % of that value; new connections would be dropped. Wait until the count fell.',
  ),
  'too-much-memory': code('nothing', false, 'The value could take more than its share of the memory of the host.'),
  stale: code(
    'see-state',
    false,
    'A value is not what was approved: somebody changed it meanwhile. Measure again and propose anew.',
  ),
  'too-late': code('see-state', false, 'The request arrived after its time and had no effect. Approve it anew.'),
  busy: code('nothing', true, 'Another request holds the lock of the gate. Ask again in a few seconds.'),
  'busy-pending': code('nothing', true, 'Another change of this host is still open: confirm or revert it first.'),
  'id-reuse': code('nothing', false, 'This id belongs to another change on the host.'),
  closed: code('nothing', false, 'This change has ended before; its state says how.'),
  unreadable: code(
    'see-state',
    false,
    'The host has no such setting, or it can not be read: kernel version, or module not loaded.',
  ),
  'not-accepted': code('see-state', false, 'The kernel did not take the value; all keys were put back.'),
  'no-timer': code('see-state', true, 'The host could not start the timer that reverts, so nothing was applied.'),
  'no-lock': code('nothing', false, 'The gate needs flock and a writable /run on the host.'),
  storage: code('nothing', true, 'The host could not write its record (disk full or read-only), so nothing was done.'),
  'storage-after-apply': code(
    'reverts',
    true,
    'Applied, but the record could not be completed; the host reverts at the end of the window.',
  ),
  'storage-after-revert': code(
    'see-state',
    true,
    'The values were put back, but the record could not be written (disk full or read-only).',
  ),
  'persist-failed': code(
    'see-state',
    true,
    'Confirmed and in force, but not yet in sysctl.d (disk full or read-only); the host tries again every minute.',
  ),
  'corrupt-record': code(
    'nothing',
    false,
    'The record of this change on the host is damaged. A person must look at /var/lib/tcpstates-gate.',
  ),
  'unknown-id': code('nothing', false, 'The host knows no such change.'),
  'not-pending': code('see-state', false, 'This change is not waiting any more; its state says what became of it.'),
  held: code(
    'reverts',
    true,
    'Part of the change can not be put back yet without harm; the host tries again every minute.',
  ),
  conflict: code('see-state', false, 'Somebody else changed a value meanwhile; it was left alone. Look at the host.'),
  'not-enrolled': code(
    'nothing',
    false,
    'The sudo rule of the gate does not fit the program on the host. Run enroll --check.',
  ),
  'not-installed': code('nothing', false, 'The script for this question is missing on the host. Enroll it again.'),
};
