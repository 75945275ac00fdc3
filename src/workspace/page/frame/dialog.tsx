/** The browser's own modal dialog: it keeps the focus inside and gives it back. */
import type { ComponentChildren, VNode } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export const Dialog = (props: {
  label: string;
  class: string;
  testId: string;
  /** Esc */
  onCancel(): void;
  children: ComponentChildren;
}): VNode => {
  const ref = useRef<HTMLDialogElement>(null);
  useLayoutEffect(() => {
    const dialog = ref.current;
    const before = document.activeElement;
    if (dialog !== null && !dialog.open) {
      dialog.showModal();
      // Where there is something to fill in, one begins there, not at the × of the head.
      dialog.querySelector<HTMLElement>('[autofocus], .modal-body :is(input, textarea, .select-button)')?.focus();
    }
    return () => {
      dialog?.close();
      if (before instanceof HTMLElement && before.isConnected) before.focus();
    };
  }, []);
  return (
    <dialog
      ref={ref}
      class={`dialog ${props.class}`}
      aria-label={props.label}
      data-testid={props.testId}
      onCancel={(event) => {
        event.preventDefault();
        props.onCancel();
      }}
    >
      {props.children}
    </dialog>
  );
};
