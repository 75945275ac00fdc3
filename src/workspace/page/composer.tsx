/** Where one types: grows with the text, completes commands and mentions, sends with Enter. */
import type { VNode } from 'preact';
import { useEffect, useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { ChannelId, Completion, Ts } from '../protocol.js';
import { isWhole, usageOf } from './completion.js';
import { Icon } from './frame/icon.js';
import { Menu } from './frame/menu.js';
import { NoticeLine } from './notice.js';
import { useSession } from './session.js';

export interface ComposerProps {
  channel: ChannelId;
  threadTs?: Ts;
  placeholder: string;
  /** a text to start with; a new `count` puts it in again */
  draft?: { text: string; count: number };
  /** does not take the focus when it appears */
  quiet?: boolean;
}

/** ms of quiet before the server is asked what could follow */
const quietMs = 60;

export const Composer = ({ channel, threadTs, placeholder, draft, quiet }: ComposerProps): VNode => {
  const session = useSession();
  const [text, setText] = useState('');
  const [found, setFound] = useState<{ for: string; completions: readonly Completion[] }>({ for: '', completions: [] });
  const [active, setActive] = useState(0);
  const field = useRef<HTMLTextAreaElement>(null);
  const listId = useId();
  const where = { channel, ...(threadTs === undefined ? {} : { threadTs }) };

  useEffect(() => {
    if (draft === undefined || draft.count === 0) return;
    setText(draft.text);
    field.current?.focus();
  }, [draft?.count]);
  useEffect(() => {
    // At a desk one types at once; on a phone it would raise the keyboard unasked.
    if (quiet !== true && matchMedia('(min-width: 721px)').matches) field.current?.focus();
  }, []);
  useLayoutEffect(() => {
    const area = field.current;
    if (area === null) return;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, 200)}px`;
  }, [text]);
  useEffect(() => {
    if (!/^\/\S*$|(^|\s)[@#]\S*$/.test(text)) {
      setFound({ for: text, completions: [] });
      return;
    }
    let gone = false;
    const timer = setTimeout(() => {
      void session.request({ type: 'complete', ...where, text }).then((reply) => {
        if (gone) return;
        setFound({ for: text, completions: reply.ok ? (reply.completions ?? []) : [] });
        setActive(0);
      });
    }, quietMs);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [text, channel]);

  const completions = found.for === text ? found.completions : [];
  const usage = usageOf(text, session.held.state?.commands ?? []);
  const pick = (completion: Completion) => {
    setText(completion.text.endsWith(' ') ? completion.text : `${completion.text} `);
    field.current?.focus();
  };
  const send = () => {
    const typed = text.trim();
    if (typed === '') return;
    setText('');
    for (const notice of mine) session.dismissNotice(notice.id);
    void session.request({ type: 'type', ...where, text: typed });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const chosen = completions[active];
    if (completions.length > 0 && (event.key === 'ArrowDown' || event.key === 'ArrowUp')) {
      event.preventDefault();
      setActive((active + (event.key === 'ArrowDown' ? 1 : -1) + completions.length) % completions.length);
    } else if (completions.length > 0 && event.key === 'Escape') {
      event.preventDefault();
      setFound({ for: text, completions: [] });
    } else if (chosen !== undefined && event.key === 'Tab' && !event.shiftKey) {
      event.preventDefault();
      pick(chosen);
    } else if (event.key === 'Enter' && !event.shiftKey) {
      event.preventDefault();
      if (chosen !== undefined && !isWhole(text, completions)) pick(chosen);
      else send();
    }
  };

  const mine = session.held.notices.filter(
    ({ about }) =>
      about.channel === channel && about.ts === undefined && about.viewId === undefined && about.threadTs === threadTs,
  );
  const shortcuts = (session.held.state?.shortcuts ?? []).filter((shortcut) => shortcut.kind === 'global');
  const commands = session.held.state?.commands ?? [];
  return (
    <div class="composer-box">
      {mine.map((notice) => (
        <NoticeLine key={notice.id} notice={notice} />
      ))}
      {completions.length === 0 ? null : (
        <div class="completions" role="listbox" id={listId} aria-label="Completions" data-testid="completions">
          {completions.map((completion, index) => (
            // biome-ignore lint/a11y/useKeyWithClickEvents: the text field takes the keys, as a combobox does
            <div
              key={completion.text}
              role="option"
              id={`${listId}-${index}`}
              tabIndex={-1}
              aria-selected={index === active}
              class={`completion ${index === active ? 'is-active' : ''}`}
              onMouseEnter={() => setActive(index)}
              onMouseDown={(event) => event.preventDefault()}
              onClick={() => pick(completion)}
            >
              <span class="completion-icon">
                <Icon name={completion.kind === 'command' ? 'bolt' : completion.kind === 'person' ? 'at' : 'hash'} />
              </span>
              <b>{completion.label}</b>
              <span class="completion-detail">{completion.detail}</span>
            </div>
          ))}
        </div>
      )}
      {completions.length > 0 || usage === undefined ? null : (
        <div class="usage" data-testid="usage">
          <b>{usage.name}</b> <code>{usage.usageHint}</code> <span class="completion-detail">{usage.description}</span>
        </div>
      )}
      <div class="composer">
        <textarea
          ref={field}
          rows={1}
          value={text}
          placeholder={placeholder}
          aria-label={placeholder}
          aria-autocomplete="list"
          {...(completions.length === 0
            ? {}
            : { 'aria-controls': listId, 'aria-activedescendant': `${listId}-${active}` })}
          data-testid={threadTs === undefined ? 'composer' : 'thread-composer'}
          onInput={(event) => setText(event.currentTarget.value)}
          onKeyDown={onKeyDown}
        />
        <div class="composer-tools">
          <Menu
            label="Shortcuts and commands"
            testId="shortcuts"
            buttonClass="icon-button"
            trigger={<Icon name="plus" />}
            items={[
              ...shortcuts.map((shortcut) => ({
                label: shortcut.name,
                detail: shortcut.description,
                icon: <Icon name="bolt" />,
                pick: () => void session.request({ type: 'shortcut', callbackId: shortcut.callbackId }),
              })),
              // Slash commands do not work in threads, in Slack as here.
              ...(threadTs === undefined ? commands : []).map((command) => ({
                label: command.name,
                detail: command.description,
                icon: <Icon name="send" />,
                pick: () => {
                  setText(`${command.name} `);
                  field.current?.focus();
                },
              })),
            ]}
          />
          <span class="composer-hint">
            <b>Enter</b> to send, <b>Shift + Enter</b> for a new line
          </span>
          <button
            type="button"
            class={`send ${text.trim() === '' ? '' : 'is-ready'}`}
            aria-label="Send"
            disabled={text.trim() === ''}
            data-testid={threadTs === undefined ? 'send' : 'thread-send'}
            onClick={send}
          >
            <Icon name="send" />
          </button>
        </div>
      </div>
    </div>
  );
};
