/** A list of messages with its days, kept at its end unless the reader has scrolled up. */
import { Fragment, type VNode } from 'preact';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import type { Message as MessageOf } from '../protocol.js';
import { Message } from './message.js';
import { useSession } from './session.js';
import { dayName } from './text/date.js';
import { useWorld } from './world.js';

/** seconds within which a person's next message goes without name and picture, as in Slack */
const followSeconds = 300;
/** px from the end that still count as the end */
const nearEnd = 60;

const follows = (message: MessageOf, before: MessageOf | undefined): boolean =>
  before !== undefined &&
  before.user === message.user &&
  before.ephemeral === message.ephemeral &&
  before.subtype === null &&
  !message.ephemeral &&
  Number(message.ts) - Number(before.ts) < followSeconds;

export const Messages = (props: {
  messages: readonly MessageOf[];
  inThread: boolean;
  label: string;
  intro?: VNode;
  /** changes when another place is shown: then the list starts at its end */
  placeKey: string;
}): VNode => {
  const { reader } = useWorld();
  const { sent } = useSession();
  const boxRef = useRef<HTMLDivElement>(null);
  const listRef = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  const heightSeen = useRef(0);
  const toEnd = () => {
    const box = boxRef.current;
    if (box === null) return;
    if (atEnd.current) box.scrollTop = box.scrollHeight;
    heightSeen.current = box.scrollHeight;
  };
  useLayoutEffect(() => {
    atEnd.current = true;
    toEnd();
  }, [props.placeKey, sent]);
  useLayoutEffect(toEnd, [props.messages.length]);
  useEffect(() => {
    // Messages also grow after they came: charts learn their width, updates add lines.
    const observer = new ResizeObserver(toEnd);
    if (listRef.current !== null) observer.observe(listRef.current);
    if (boxRef.current !== null) observer.observe(boxRef.current);
    return () => observer.disconnect();
  }, []);
  return (
    <div
      class="messages"
      ref={boxRef}
      onScroll={({ currentTarget: box }) => {
        const near = box.scrollHeight - box.scrollTop - box.clientHeight < nearEnd;
        // A list that is drawn anew, narrower beside a thread, moves without anybody having scrolled.
        if (near || box.scrollHeight === heightSeen.current) atEnd.current = near;
        heightSeen.current = box.scrollHeight;
      }}
    >
      <div class="messages-list" role="log" aria-live="off" aria-label={props.label} ref={listRef}>
        {props.intro}
        {props.messages.map((message, index) => {
          const before = props.messages[index - 1];
          const day = dayName(Number(message.ts), reader);
          const newDay = before === undefined || dayName(Number(before.ts), reader) !== day;
          return (
            <Fragment key={message.ts}>
              {newDay && !(props.inThread && index > 0) ? (
                <div class="day">
                  <span>{day}</span>
                </div>
              ) : null}
              <Message
                message={message}
                follows={!newDay && follows(message, before) && !(props.inThread && index === 1)}
                inThread={props.inThread}
              />
              {props.inThread && index === 0 && message.replyCount > 0 ? (
                <div class="reply-line">
                  <span>
                    {message.replyCount} {message.replyCount === 1 ? 'reply' : 'replies'}
                  </span>
                </div>
              ) : null}
            </Fragment>
          );
        })}
      </div>
    </div>
  );
};
