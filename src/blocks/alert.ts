/** Around shortcuts: the picker, and what is said when an alert names no host or too many. */
import type { InputBlock } from '@slack/types';
import { bullets, type Line, paragraph, plain, rich } from './elements.js';
import { clean, spoken } from './escape.js';
import { always, messageOf } from './fit.js';
import type { Message, Modal } from './message.js';
import { firstOf, list, plural } from './words.js';

/** block ids of the picker's inputs, and its callback id */
export const PICKER = { view: 'pick-host', host: 'host', where: 'where', who: 'who' } as const;
/** Slack: options of a select, and characters of one */
const OPTIONS_MAX = 100;
const OPTION_MAX = 75;

export const noHostInAlertMessage = (unregistered: readonly string[]): Message => {
  const { shown, omitted } = firstOf(unregistered, 5);
  const verdict = 'This message names no registered host.';
  const other = shown.length === 0 ? '' : ` Not registered: ${list(shown)}.`;
  return messageOf(spoken(`${verdict}${other}`), [
    always(
      paragraph(verdict),
      ...(shown.length === 0
        ? []
        : [rich(bullets(shown.map((name): Line => ['Named, but not registered: ', { code: clean(name, 80) }])))]),
      ...(omitted > 0 ? [paragraph(`and ${omitted} more`)] : []),
      paragraph(
        'Names, addresses, FQDNs and URLs of registered hosts are found. See them with ',
        { code: '/hosts' },
        '.',
      ),
    ),
  ]);
};

/** What an alert also names, beyond what was measured at once. */
export const alertHostsMessage = (names: readonly string[]): Message => {
  const { shown, omitted } = firstOf(names, 15);
  const said = `${plural(names.length, 'more host is', 'more hosts are')} named and not measured`;
  return messageOf(spoken(`${said}: ${list(shown.slice(0, 4))}`), [
    always(
      paragraph(`${said}:`),
      rich(
        bullets([
          ...shown.map((name): Line => [{ code: `/tcpstates ${name}` }]),
          ...(omitted > 0 ? [[`… ${omitted} more`] as Line] : []),
        ]),
      ),
    ),
  ]);
};

export const pickerModal = (hosts: readonly { name: string; labels: Readonly<Record<string, string>> }[]): Modal => {
  const listed =
    hosts.length > 0 && hosts.length <= OPTIONS_MAX && hosts.every(({ name }) => name.length <= OPTION_MAX);
  const host: InputBlock = {
    type: 'input',
    block_id: PICKER.host,
    label: plain('Host', 80),
    element: listed
      ? {
          type: 'static_select',
          action_id: PICKER.host,
          placeholder: plain('Pick a host', 80),
          options: hosts.map(({ name }) => ({ text: plain(name, OPTION_MAX), value: name })),
        }
      : { type: 'plain_text_input', action_id: PICKER.host, max_length: 255, placeholder: plain('e.g. web-1', 80) },
    ...(listed
      ? {}
      : { hint: plain(`${plural(hosts.length, 'host is', 'hosts are')} registered: /hosts lists them.`, 200) }),
  };
  return {
    type: 'modal',
    callback_id: PICKER.view,
    title: plain('Diagnose a host', 24),
    submit: plain('Diagnose', 24),
    close: plain('Cancel', 24),
    blocks: [
      host,
      {
        type: 'input',
        block_id: PICKER.where,
        optional: true,
        label: plain('Answer in', 80),
        hint: plain('Without a channel the answer comes as a direct message.', 200),
        element: {
          type: 'conversations_select',
          action_id: PICKER.where,
          placeholder: plain('Pick a channel', 80),
          default_to_current_conversation: true,
          filter: { include: ['public', 'private'], exclude_bot_users: true, exclude_external_shared_channels: true },
        },
      },
      {
        type: 'input',
        block_id: PICKER.who,
        optional: true,
        label: plain('Who sees it', 80),
        element: {
          type: 'checkboxes',
          action_id: PICKER.who,
          options: [{ text: plain('Only me', 75), value: 'private' }],
        },
      },
    ],
  };
};
