/**
 * Before hosts are changed: an exclusion that names no host is a slip of the fingers, and the host that was meant is in the list. So
 * is a name beside the one host that is left: many are shown as a list with what was left out, one is an ordinary change.
 */
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
export const refuseSlips = async (
  desk: Desk,
  selector: string,
  { leftOut, hosts }: Extract<Selection, { ok: true }>,
): Promise<boolean> => {
  const slips = hosts.length === 1 ? leftOut.unknown : idleExclusions(leftOut);
  if (slips.length === 0 || desk.changes === undefined || !desk.canOpenModal) return false;
  const visible = desk.inventory().hosts.map(({ name }) => name);
  const near = slips.flatMap((term) => {
    const sign = term.startsWith('!') ? '!' : '';
    const name = term.slice(sign.length);
    return isHostName(name) ? nearestNames(name, visible, 1).map((nearest) => `${sign}${nearest}`) : [];
  });
  const named = list(slips.slice(0, NAMED_MAX).map((term) => `“${term.slice(0, 80)}”`));
  const perhaps = near.length === 0 ? '' : ` Did you mean ${list(near.slice(0, NAMED_MAX))}?`;
  const one = slips.length === 1;
  const spares = slips.some((term) => term.startsWith('!')) ? `, so ${one ? 'it' : 'they'} would spare nobody` : '';
  const nobody = `${one ? 'names' : 'name'} no host${spares}.`;
  await desk.openModal(
    noWaveModal({
      what: `A change on ${selector.slice(0, 100)}`,
      why: `${named} ${nobody}${perhaps} Type the command again.`,
      leftOut: [],
    }),
  );
  return true;
};
