/**
 * The one door for everything that Slack sends: acknowledge first, then look what it is, whether it is new, and hand it over.
 * Bolt runs every listener that matches and acknowledges in each; here there is one and nothing to match.
 */
import type { AllMiddlewareArgs, AnyMiddlewareArgs } from '@slack/bolt';
import type { Inbox } from '../ports/inbox.js';
import type { Log } from '../ports/log.js';
import type { Deliveries } from './deliveries.js';
import { type Arrived, readPayload } from './payloads.js';

type Acknowledge = (response?: unknown) => Promise<void>;

const handOver = (inbox: Inbox, arrived: Arrived): void => {
  if (arrived.kind === 'question') inbox.asked(arrived);
  else if (arrived.kind === 'mention') inbox.mentioned(arrived);
  else if (arrived.kind === 'click') inbox.clicked(arrived);
  else if (arrived.kind === 'shortcut') inbox.usedShortcut(arrived);
  else if (arrived.kind === 'home') inbox.openedHome(arrived);
};

export const makeDoor =
  (inbox: Inbox, deliveries: Deliveries, log: Log) =>
  async (args: AnyMiddlewareArgs & AllMiddlewareArgs): Promise<void> => {
    const ack = ('ack' in args ? args.ack : undefined) as Acknowledge | undefined;
    const acknowledge = (response?: unknown): Promise<void> =>
      (ack === undefined ? Promise.resolve() : ack(response)).catch((error: unknown) => {
        // The socket went in between: Slack delivers again, and the id is known by then.
        log.warn({ err: error }, 'an acknowledgement could not be sent');
      });

    const arrived = readPayload(args.body);
    if (arrived === undefined) return acknowledge();
    const { id, caller } = arrived;

    if (arrived.kind === 'submission') {
      const errors = deliveries.take(id) ? inbox.submitted(arrived) : undefined;
      return acknowledge(errors === undefined ? undefined : { response_action: 'errors', errors });
    }
    // Sent before anything is done, noted in the same tick: what was acknowledged is never forgotten.
    const acknowledged = acknowledge();
    if (deliveries.take(id)) handOver(inbox, arrived);
    else log.info({ delivery: arrived.kind, user: caller.userId }, 'delivered again, already taken');
    return acknowledged;
  };
