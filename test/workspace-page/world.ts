/** A small workspace for the page's tests. */
import type { AnyBlock } from '../../src/blocks/message.js';
import type { Message, OpenView, State } from '../../src/workspace/protocol.js';

export const startSeconds = 1_763_812_800;

let count = 0;
export const message = (fields: Partial<Message> & { text: string }): Message => {
  count += 1;
  return {
    channel: 'C0WAR',
    ts: `${startSeconds + count * 40}.${String(count).padStart(6, '0')}`,
    threadTs: null,
    broadcast: false,
    user: 'U0BOT',
    blocks: [],
    files: [],
    reactions: [],
    ephemeral: false,
    edited: false,
    replyCount: 0,
    replyUsers: [],
    latestReply: null,
    subtype: null,
    ...fields,
  };
};

export const view = (fields: Partial<OpenView> & { blocks: readonly AnyBlock[] }): OpenView => ({
  id: 'V1',
  hash: 'h1',
  kind: 'modal',
  callbackId: 'propose',
  title: 'Propose a change',
  submit: 'Propose',
  close: 'Cancel',
  clearOnClose: false,
  submitDisabled: false,
  ...fields,
});

export const stateWith = (me: string, messages: readonly Message[], more: Partial<State> = {}): State => ({
  team: { id: 'T1', name: 'Night Shift', domain: 'night-shift' },
  me,
  people: [
    {
      id: 'U0ADA',
      teamId: 'T1',
      name: 'ada',
      realName: 'Ada Lovelace',
      title: 'On call',
      timeZone: 'Europe/Berlin',
      kind: 'member',
    },
    {
      id: 'U0GRACE',
      teamId: 'T1',
      name: 'grace',
      realName: 'Grace Hopper',
      title: 'Approver',
      timeZone: 'America/New_York',
      kind: 'member',
    },
    { id: 'U0BOT', teamId: 'T1', name: 'tcpstates', realName: 'tcpstates', title: '', timeZone: 'UTC', kind: 'app' },
  ],
  channels: [
    {
      id: 'C0WAR',
      name: 'war-room',
      kind: 'public',
      topic: 'Incidents, *now*',
      archived: false,
      memberIds: ['U0ADA', 'U0GRACE', 'U0BOT'],
    },
    { id: 'C0OPS', name: 'ops', kind: 'public', topic: '', archived: false, memberIds: ['U0ADA', 'U0GRACE'] },
    { id: 'C0OLD', name: 'postmortems', kind: 'private', topic: '', archived: true, memberIds: ['U0ADA'] },
    { id: 'D0BOT', name: 'tcpstates', kind: 'direct', topic: '', archived: false, memberIds: [me, 'U0BOT'] },
  ],
  messages,
  commands: [
    {
      name: '/tcpstates',
      description: 'TCP states and diagnosis of a host',
      usageHint: '<host> [--private] [--watch 10m]',
    },
    { name: '/sysctl', description: 'Kernel settings of a host', usageHint: '<host> [words or keys…]' },
  ],
  shortcuts: [
    { callbackId: 'diagnose', name: 'Diagnose hosts in this message', description: '', kind: 'message' },
    { callbackId: 'picker', name: 'Diagnose a host', description: 'Pick hosts from a list', kind: 'global' },
  ],
  modals: [],
  home: null,
  app: { userId: 'U0BOT', name: 'tcpstates', connections: 1, mode: 'socket' },
  switchable: ['U0ADA', 'U0GRACE'],
  banner: [
    '*Local workspace*: `localhost` is this machine, measured for real. All other hosts replay recorded transcripts.',
    'Try `/tcpstates localhost`, `/sysctl localhost time wait` or `/hosts`',
  ],
  ...more,
});
