/** What can be done with a change, at every moment of its life. */
import type { Button } from '@slack/types';
import type { Change } from '../core/change.js';
import { ACTIONS, encodeRef } from './actions.js';
import { button } from './elements.js';

/** Whether the last look at the host found it worse: then the way back comes first. */
const gotWorse = (change: Change): boolean => change.measurements.at(-1)?.outcome === 'worse';

/** The buttons that fit what it is now; none for what nobody can do any more. @param glass policy has a break-glass for this host */
export const buttonsFor = ({ change, glass }: { change: Change; glass: boolean }): Button[] => {
  const value = encodeRef({ host: change.plan.host.name, change: change.id, digest: change.digest });
  const on = `${change.plan.host.name}: ${change.plan.entries.map(({ key }) => key.split('.').at(-1)).join(', ')}`;
  const make = (
    action: string,
    text: string,
    more: { style?: 'primary' | 'danger'; confirm?: { title: string; text: string; yes: string; no: string } } = {},
  ): Button => button(action, text, { value, label: `${text}: ${on}`, ...more });
  const dryRun = make(ACTIONS.changeDryRun, 'Dry run');
  const deny = make(ACTIONS.changeDeny, 'Deny');
  const review =
    change.review !== undefined && change.review.doneBy === undefined ? [make(ACTIONS.changeReview, 'Reviewed')] : [];
  const idle = change.underway === undefined;
  if (change.wave !== undefined && (change.state === 'proposed' || change.state === 'approved')) return [dryRun];
  switch (change.state) {
    case 'proposed':
      return [
        make(ACTIONS.changeApprove, 'Approve', { style: 'primary' }),
        deny,
        dryRun,
        make(ACTIONS.changeWho, 'Who can?'),
        ...(glass ? [make(ACTIONS.changeGlass, 'Break glass', { style: 'danger' })] : []),
      ];
    case 'approved':
      return [deny, dryRun, ...review];
    case 'applying':
      return review;
    case 'applied':
    case 'verified': {
      if (change.underway?.step === 'revert' || change.held !== undefined) return review;
      const worse = gotWorse(change);
      const revert = make(ACTIONS.changeRevert, 'Revert now', worse ? { style: 'danger' } : {});
      const keep = change.plan.persistent ? 'and kept for the next boot' : 'until the next reboot';
      const confirm = make(ACTIONS.changeConfirm, 'Confirm', {
        ...(worse ? {} : { style: 'primary' as const }),
        ...(worse
          ? {
              confirm: {
                title: 'It got worse. Keep it?',
                text: `The last measurement is worse than before. The values would stay in force, ${keep}.`,
                yes: 'Keep it',
                no: 'Cancel',
              },
            }
          : {}),
      });
      // In the same places whatever the last look found: who clicks in a hurry clicks by habit.
      const steps = idle ? [confirm, revert] : [revert];
      return [...steps, ...review];
    }
    case 'confirmed':
      return [make(ACTIONS.changeUndo, 'Undo'), ...review];
    default:
      return review;
  }
};
