/** Buttons of every kind: button, workflow_button, icon_button, feedback_buttons, overflow. */
import type { Button as ButtonElement, FeedbackButtons, IconButton, Overflow, WorkflowButton } from '@slack/types';
import type { VNode } from 'preact';
import { useState } from 'preact/hooks';
import type { Entered } from '../../protocol.js';
import { Icon, type IconName } from '../frame/icon.js';
import { Menu } from '../frame/menu.js';
import { type Confirm, useSurface } from '../surface.js';
import { Plain } from '../text/inline.js';
import { isSafeUrl } from '../text/mrkdwn.js';

/** Runs an action and says whether it is under way, so that a second click waits for the first. */
export const useAct = (blockId: string, actionId: string, confirm: Confirm | undefined) => {
  const surface = useSurface();
  const [busy, setBusy] = useState(false);
  const act = (entered: Entered) => {
    if (busy) return;
    setBusy(true);
    void surface.act(blockId, actionId, entered, confirm).finally(() => setBusy(false));
  };
  return { busy, act };
};

interface Placed<Element> {
  element: Element;
  blockId: string;
}

export const Button = ({ element, blockId }: Placed<ButtonElement | WorkflowButton>): VNode => {
  const actionId = element.action_id ?? '';
  const { busy, act } = useAct(blockId, actionId, element.confirm);
  const url = 'url' in element && element.url !== undefined && isSafeUrl(element.url) ? element.url : undefined;
  return (
    <button
      type="button"
      class={`button ${element.style === undefined ? '' : `button-${element.style}`}`}
      aria-busy={busy}
      data-action-id={actionId}
      {...(element.accessibility_label === undefined ? {} : { 'aria-label': element.accessibility_label })}
      onClick={() => {
        if (url !== undefined) window.open(url, '_blank', 'noopener,noreferrer');
        act(null);
      }}
    >
      <Plain text={element.text.text} />
      {url === undefined ? null : <Icon name="external" />}
    </button>
  );
};

export const OverflowMenu = ({ element, blockId }: Placed<Overflow>): VNode => {
  const { busy, act } = useAct(blockId, element.action_id ?? '', element.confirm);
  return (
    <Menu
      label="More actions"
      buttonClass="button button-overflow"
      busy={busy}
      testId={element.action_id ?? 'overflow'}
      trigger={<Icon name="more" />}
      items={element.options.map((option) => ({
        label: option.text.text,
        detail: option.description?.text ?? '',
        pick: () => {
          if (option.url !== undefined && isSafeUrl(option.url))
            window.open(option.url, '_blank', 'noopener,noreferrer');
          act(option.value ?? '');
        },
      }))}
    />
  );
};

const icons: Readonly<Record<string, IconName>> = { trash: 'trash' };

export const IconButtonOf = ({ element, blockId }: Placed<IconButton>): VNode => {
  const { busy, act } = useAct(blockId, element.action_id ?? '', element.confirm);
  return (
    <button
      type="button"
      class="icon-button"
      aria-busy={busy}
      aria-label={element.accessibility_label ?? element.text.text}
      title={element.text.text}
      data-action-id={element.action_id}
      onClick={() => act(null)}
    >
      <Icon name={icons[element.icon] ?? 'dot'} />
    </button>
  );
};

export const Feedback = ({ element, blockId }: Placed<FeedbackButtons>): VNode => {
  const { busy, act } = useAct(blockId, element.action_id ?? '', undefined);
  const [picked, setPicked] = useState<string>();
  const one = (kind: 'positive_button' | 'negative_button', icon: IconName): VNode => (
    <button
      type="button"
      class="icon-button"
      aria-busy={busy}
      aria-pressed={picked === kind}
      aria-label={element[kind].accessibility_label ?? element[kind].text.text}
      title={element[kind].text.text}
      onClick={() => {
        setPicked(kind);
        act(element[kind].value);
      }}
    >
      <Icon name={icon} />
    </button>
  );
  return (
    <span class="feedback">
      {one('positive_button', 'thumbs-up')}
      {one('negative_button', 'thumbs-down')}
    </span>
  );
};
