/**
 * A box that scrolls sideways. It stands in the tab order: who has no mouse must be able to see its far end. An edge beyond which
 * there is more is shaded.
 */
import type { ComponentChildren, VNode } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';

/** px that rounding may leave at an end */
const slack = 1;

export const Scrolling = (props: { label: string; class: string; children: ComponentChildren }): VNode => {
  const box = useRef<HTMLElement>(null);
  const [seen, setSeen] = useState({ before: false, after: false, width: 0, kept: 0, caption: 0 });
  const look = () => {
    const at = box.current;
    if (at === null) return;
    const now = {
      before: at.scrollLeft > slack,
      after: at.scrollWidth - at.clientWidth - at.scrollLeft > slack,
      width: at.clientWidth,
      // A table's first column and its caption stay: the shade begins behind them.
      kept: at.querySelector<HTMLElement>('th, td')?.offsetWidth ?? 0,
      caption: at.querySelector('caption')?.offsetHeight ?? 0,
    };
    setSeen((was) => (JSON.stringify(was) === JSON.stringify(now) ? was : now));
  };
  useEffect(() => {
    const observer = new ResizeObserver(look);
    if (box.current !== null) observer.observe(box.current);
    if (box.current?.firstElementChild) observer.observe(box.current.firstElementChild);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      class={`scrolling ${seen.before ? 'has-more-before' : ''} ${seen.after ? 'has-more-after' : ''}`}
      style={
        seen.width === 0
          ? undefined
          : { '--seen': `${seen.width}px`, '--kept': `${seen.kept + 1}px`, '--under-caption': `${seen.caption + 1}px` }
      }
    >
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard */}
      <section class={props.class} aria-label={props.label} tabIndex={0} ref={box} onScroll={look}>
        {props.children}
      </section>
    </div>
  );
};
