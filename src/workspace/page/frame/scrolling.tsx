/** A box that scrolls sideways. It stands in the tab order: who has no mouse must be able to see its far end. */
import type { ComponentChildren, VNode } from 'preact';

export const Scrolling = (props: { label: string; class: string; children: ComponentChildren }): VNode => (
  // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
  <section class={props.class} aria-label={props.label} tabIndex={0}>
    {props.children}
  </section>
);
