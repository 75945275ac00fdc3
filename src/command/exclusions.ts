/** Before hosts are changed: an exclusion that names no host is a slip of the fingers, and the host that was meant is in the list. */
import { idleExclusions } from '../blocks/fleet-left-out.js';
import { noWaveModal } from '../blocks/wave-modals.js';
import { list } from '../blocks/words.js';
import type { Desk } from '../command.js';
import { isHostName, nearestNames } from '../core/selector.js';
import type { Selection } from './fleet.js';

const NAMED_MAX = 4;

/**
 * @returns true where nothing may be proposed, and the typist has been told what to type again. Where no change can be proposed
 *   at all, whoever would propose it says so.
 */
export const refuseIdleExclusions = async (
  desk: Desk,
  selector: string,
  { leftOut }: Extract<Selection, { ok: true }>,
): Promise<boolean> => {
  const idle = idleExclusions(leftOut);
  if (idle.length === 0 || desk.changes === undefined || !desk.canOpenModal) return false;
  const visible = desk.inventory().hosts.map(({ name }) => name);
  const near = idle
    .map((term) => term.slice(1))
    .filter(isHostName)
    .flatMap((name) => nearestNames(name, visible, 1));
  const named = list(idle.slice(0, NAMED_MAX).map((term) => `“${term.slice(0, 80)}”`));
  const perhaps = near.length === 0 ? '' : ` Did you mean ${list(near.slice(0, NAMED_MAX).map((name) => `!${name}`))}?`;
  const nobody =
    idle.length === 1 ? 'names no host, so it would spare nobody.' : 'name no host, so they would spare nobody.';
  await desk.openModal(
    noWaveModal({
      what: `A change on ${selector.slice(0, 100)}`,
      why: `${named} ${nobody}${perhaps} Type the command again.`,
      leftOut: [],
    }),
  );
  return true;
};
