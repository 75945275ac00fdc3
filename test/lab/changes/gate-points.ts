/** The marks of gate.sh in the order in which a request of two keys passes them: `name` or `name@visit`. */
export const GATE_POINTS = {
  set: [
    'set-before-marker',
    'set-before-audit',
    'set-before-record',
    'save-before-rename',
    'set-before-arm',
    'set-before-apply',
    'set-after-write',
    'set-after-write@2',
    'set-before-applied',
    'save-before-rename@2',
    'set-before-reply',
  ],
  confirm: [
    'confirm-before-commit',
    'save-before-rename',
    'confirm-after-commit',
    'persist-before-rename',
    'confirm-after-persist',
    'save-before-rename@2',
    'confirm-before-reply',
  ],
  revert: [
    'undo-before-write',
    'undo-after-write',
    'undo-before-write@2',
    'undo-after-write@2',
    'save-before-rename',
    'revert-before-reply',
  ],
} as const;
