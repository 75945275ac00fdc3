/** What Slack itself tells a person: that the app did not respond, that a command is not valid here. */
import type { VNode } from 'preact';
import { Icon } from './frame/icon.js';
import { useSession } from './session.js';
import type { HeldNotice } from './state.js';

export const NoticeLine = ({ notice }: { notice: HeldNotice }): VNode => {
  const { dismissNotice } = useSession();
  return (
    <div
      class={`notice notice-${notice.level}`}
      role={notice.level === 'error' ? 'alert' : 'status'}
      data-testid="notice"
    >
      <Icon name={notice.level === 'error' ? 'alert' : 'info'} />
      <span>{notice.text}</span>
      <button type="button" class="icon-button" aria-label="Dismiss this note" onClick={() => dismissNotice(notice.id)}>
        <Icon name="close" />
      </button>
    </div>
  );
};
