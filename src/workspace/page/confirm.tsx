/** The dialog that an element's `confirm` asks for. The words are the app's, cut nowhere. */
import type { VNode } from 'preact';
import { Dialog } from './frame/dialog.js';
import type { Confirm } from './surface.js';
import { Plain, Text } from './text/inline.js';

export const ConfirmDialog = ({ confirm, answer }: { confirm: Confirm; answer(yes: boolean): void }): VNode => (
  <Dialog
    class="confirm"
    label={confirm.title?.text ?? 'Are you sure?'}
    testId="confirm"
    onCancel={() => answer(false)}
  >
    <h2 class="dialog-title">
      <Plain text={confirm.title?.text ?? 'Are you sure?'} />
    </h2>
    <div class="confirm-text">
      <Text of={confirm.text} />
    </div>
    <div class="dialog-foot">
      <button type="button" class="button" data-testid="confirm-deny" onClick={() => answer(false)}>
        <Plain text={confirm.deny?.text ?? 'Cancel'} />
      </button>
      <button
        type="button"
        class={`button button-${confirm.style === 'danger' ? 'danger-full' : 'primary'}`}
        data-testid="confirm-yes"
        onClick={() => answer(true)}
      >
        <Plain text={confirm.confirm?.text ?? 'Yes'} />
      </button>
    </div>
  </Dialog>
);
