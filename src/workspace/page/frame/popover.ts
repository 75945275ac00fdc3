/** A panel that opens at its trigger: Esc and a click elsewhere close it, focus goes in and comes back. */
import type { CSSProperties, RefObject } from 'preact';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';

export interface Popover {
  open: boolean;
  toggle(): void;
  /** @param refocus true: the trigger gets the focus back */
  close(refocus: boolean): void;
  rootRef: RefObject<HTMLSpanElement | null>;
  triggerRef: RefObject<HTMLButtonElement | null>;
  panelRef: RefObject<HTMLDivElement | null>;
  style: CSSProperties;
}

const focusable = 'input, button:not([disabled]), [tabindex="0"]';
/** px between the panel and its trigger and the edges of the window */
const gap = 4;

export const usePopover = (onClose: () => void = () => undefined): Popover => {
  const [open, setOpen] = useState(false);
  const [style, setStyle] = useState<CSSProperties>({ visibility: 'hidden' });
  const rootRef = useRef<HTMLSpanElement>(null);
  const triggerRef = useRef<HTMLButtonElement>(null);
  const panelRef = useRef<HTMLDivElement>(null);
  const close = (refocus: boolean) => {
    setOpen(false);
    onClose();
    if (refocus) triggerRef.current?.focus();
  };
  useLayoutEffect(() => {
    const trigger = triggerRef.current;
    const panel = panelRef.current;
    if (!open || trigger === null || panel === null) return;
    // Fixed to the window, so that no scrolling box cuts it off; above the trigger where there is no room below.
    const at = trigger.getBoundingClientRect();
    const { width, height } = panel.getBoundingClientRect();
    const below = window.innerHeight - at.bottom;
    const top = below >= height + 2 * gap || below >= at.top ? at.bottom + gap : Math.max(gap, at.top - height - gap);
    const left = Math.max(gap, Math.min(at.left, window.innerWidth - width - 2 * gap));
    setStyle({ top: `${top}px`, left: `${left}px` });
    panel.querySelector<HTMLElement>(focusable)?.focus({ preventScroll: true });
  }, [open]);
  useEffect(() => {
    if (!open) return;
    const outside = (event: Event) => {
      if (event.target instanceof Node && rootRef.current?.contains(event.target) === true) return;
      close(false);
    };
    const onEscape = (event: KeyboardEvent) => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      event.preventDefault();
      close(true);
    };
    const scrolled = (event: Event) => {
      if (event.target instanceof Node && panelRef.current?.contains(event.target) === true) return;
      close(false);
    };
    document.addEventListener('mousedown', outside);
    document.addEventListener('keydown', onEscape, true);
    document.addEventListener('scroll', scrolled, true);
    return () => {
      document.removeEventListener('mousedown', outside);
      document.removeEventListener('keydown', onEscape, true);
      document.removeEventListener('scroll', scrolled, true);
    };
  }, [open]);
  return { open, toggle: () => (open ? close(true) : setOpen(true)), close, rootRef, triggerRef, panelRef, style };
};
