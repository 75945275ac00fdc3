/** That the app has answered a click in a thread, where the pane does not open by itself: for lack of room, or another one is open. */
import type { VNode } from 'preact';
import { Icon } from './frame/icon.js';
import { useSession } from './session.js';
import type { Held } from './state.js';

export const AnswerLine = ({ answered }: { answered: NonNullable<Held['answered']> }): VNode => {
  const { openThread, dismissAnswer } = useSession();
  const { channel, ts, replies } = answered;
  return (
    <div class="answer-line" role="status" data-testid="answer-line">
      <Icon name="thread" />
      <span>{replies === 1 ? '1 new reply' : `${replies} new replies`} in the thread</span>
      <button type="button" class="button" onClick={() => openThread({ channel, ts })}>
        Show
      </button>
      <button type="button" class="icon-button" aria-label="Dismiss" onClick={dismissAnswer}>
        <Icon name="close" />
      </button>
    </div>
  );
};
