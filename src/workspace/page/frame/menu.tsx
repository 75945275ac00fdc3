/** A button with a menu: overflow menus, a message's actions, shortcuts, people to switch to. */
import type { ComponentChildren, VNode } from 'preact';
import { Plain } from '../text/inline.js';
import { usePopover } from './popover.js';

export interface MenuItem {
  label: string;
  detail?: string;
  icon?: VNode;
  /** for one-of-several menus: says which one it is now */
  checked?: boolean;
  pick(): void;
}

export interface MenuProps {
  label: string;
  trigger: ComponentChildren;
  items: readonly MenuItem[];
  buttonClass: string;
  testId: string;
  busy?: boolean;
  title?: string;
  /** true: the trigger's own words name the button */
  named?: boolean;
  onToggle?(open: boolean): void;
}

export const Menu = (props: MenuProps): VNode => {
  const popover = usePopover(() => props.onToggle?.(false));
  const move = (event: KeyboardEvent) => {
    const keys = ['ArrowDown', 'ArrowUp', 'Home', 'End'];
    if (event.key === 'Tab') popover.close(false);
    if (!keys.includes(event.key)) return;
    event.preventDefault();
    const all = [...(popover.panelRef.current?.querySelectorAll<HTMLElement>('[role^=menuitem]') ?? [])];
    const here = all.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: here + 1, ArrowUp: here - 1 + all.length, Home: 0, End: all.length - 1 }[event.key] ?? 0;
    all[to % all.length]?.focus();
  };
  return (
    <span class="menu" ref={popover.rootRef}>
      <button
        type="button"
        class={props.buttonClass}
        aria-haspopup="menu"
        aria-expanded={popover.open}
        {...(props.named === true ? {} : { 'aria-label': props.label })}
        aria-busy={props.busy ?? false}
        title={props.title ?? props.label}
        data-testid={props.testId}
        ref={popover.triggerRef}
        onClick={() => {
          props.onToggle?.(!popover.open);
          popover.toggle();
        }}
      >
        {props.trigger}
      </button>
      {popover.open ? (
        <div
          class="popover menu-list"
          role="menu"
          aria-label={props.label}
          ref={popover.panelRef}
          style={popover.style}
          onKeyDown={move}
        >
          {props.items.length === 0 ? <p class="select-none">Nothing here</p> : null}
          {props.items.map((item) => (
            <button
              type="button"
              key={`${item.label} ${item.detail ?? ''}`}
              class="menu-item"
              {...(item.checked === undefined
                ? { role: 'menuitem' as const }
                : { role: 'menuitemradio' as const, 'aria-checked': item.checked })}
              onClick={() => {
                popover.close(true);
                item.pick();
              }}
            >
              {item.icon === undefined ? null : <span class="menu-icon">{item.icon}</span>}
              <span class="menu-words">
                <Plain text={item.label} />
                {item.detail === undefined || item.detail === '' ? null : (
                  <span class="choice-detail">{item.detail}</span>
                )}
              </span>
              {item.checked === true ? (
                <span class="menu-tick" aria-hidden="true">
                  ✓
                </span>
              ) : null}
            </button>
          ))}
        </div>
      ) : null}
    </span>
  );
};
