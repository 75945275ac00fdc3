/** One of every block, as an app might send it: for the renderer's tests and for the eye. */
import type { RichTextBlock } from '@slack/types';
import type { AnyBlock } from '../../src/blocks/message.js';

const plain = (text: string) => ({ type: 'plain_text' as const, text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn' as const, text });
const rich = (text: string): RichTextBlock => ({
  type: 'rich_text',
  elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text }] }],
});
const words = (text: string) => ({ type: 'raw_text' as const, text });
const number = (value: number) => ({
  type: 'raw_number' as const,
  value,
  text: new Intl.NumberFormat('en-US').format(value),
});
const option = (text: string, value = text) => ({ text: plain(text), value });

const minutes = ['12:00', '12:01', '12:02', '12:03', '12:04', '12:05', '12:06', '12:07', '12:08', '12:09'];
const series = (name: string, values: readonly number[]) => ({
  name,
  data: minutes.map((label, index) => ({ label, value: values[index] ?? 0 })),
});
const states: [string, number][] = [
  ['ESTABLISHED', 79],
  ['SYN_SENT', 0],
  ['SYN_RECV', 4],
  ['FIN_WAIT1', 2],
  ['FIN_WAIT2', 31],
  ['TIME_WAIT', 18_888],
  ['CLOSE_WAIT', 3],
  ['LAST_ACK', 1],
  ['LISTEN', 12],
  ['CLOSING', 0],
];

export const textBlocks: readonly AnyBlock[] = [
  { type: 'header', text: plain(':rotating_light: web-1: the connection-tracking table is full') },
  {
    type: 'section',
    text: mrkdwn(
      '*65,536 of 65,536* entries, `212` dropped/s. _Explains_ why SSH and DNS fail while ~closed~ open sessions work.\nMeasured <!date^1763812867^{date_short_pretty} at {time_secs}|at 12:01:07> for <@U0ADA> in <#C0WAR>; see <https://docs.kernel.org|the kernel page> &amp; &lt;limits&gt;.',
    ),
    accessory: { type: 'button', action_id: 'propose', text: plain('Propose'), style: 'primary', value: 'change-1' },
  },
  {
    type: 'section',
    text: mrkdwn(
      '> quoted from the alert\n> second line\nAnd code:\n```nf_conntrack: table full, dropping packet\n$ ss -tan | wc -l```',
    ),
  },
  {
    type: 'section',
    fields: [mrkdwn('*Host*\nweb-1'), mrkdwn('*Kernel*\n6.8.0-45'), mrkdwn('*Uptime*\n41 d'), mrkdwn('*Load*\n0.7')],
  },
  { type: 'divider' },
  {
    type: 'context',
    elements: [
      mrkdwn(':stopwatch: measured in *0.4 s*'),
      { type: 'image', image_url: 'https://127.0.0.1:1/missing.png', alt_text: 'a missing image' },
      plain('19 checks, 2 could not be made'),
    ],
  },
  {
    type: 'actions',
    elements: [
      { type: 'button', action_id: 'refresh', text: plain('Refresh') },
      {
        type: 'button',
        action_id: 'deny',
        text: plain('Deny'),
        style: 'danger',
        confirm: {
          title: plain('Deny this change?'),
          text: mrkdwn('*web-1* stays as it is.'),
          confirm: plain('Deny'),
          deny: plain('Back'),
          style: 'danger',
        },
      },
      {
        type: 'static_select',
        action_id: 'pick',
        placeholder: plain('Pick a host'),
        options: ['web-1', 'web-2', 'db-1'].map((name) => option(name)),
      },
      { type: 'datepicker', action_id: 'day', initial_date: '2026-11-22' },
      { type: 'overflow', action_id: 'more', options: [option('Raw transcript', 'raw'), option('Share', 'share')] },
    ],
  },
];

export const richBlocks: readonly AnyBlock[] = [
  {
    type: 'rich_text',
    elements: [
      {
        type: 'rich_text_section',
        elements: [
          { type: 'text', text: 'Bold', style: { bold: true } },
          { type: 'text', text: ', ' },
          { type: 'text', text: 'italic', style: { italic: true } },
          { type: 'text', text: ', ' },
          { type: 'text', text: 'code', style: { code: true } },
          { type: 'text', text: ', ' },
          { type: 'text', text: 'struck', style: { strike: true } },
          { type: 'text', text: '; ' },
          { type: 'user', user_id: 'U0ADA' },
          { type: 'text', text: ' ' },
          { type: 'broadcast', range: 'here' },
          { type: 'text', text: ' ' },
          { type: 'emoji', name: 'warning' },
          { type: 'text', text: ' ' },
          { type: 'link', url: 'https://docs.kernel.org', text: 'a link' },
          { type: 'text', text: ' ' },
          { type: 'date', timestamp: 1_763_812_867, format: '{date_num} {time}', fallback: 'then' },
        ],
      },
      {
        type: 'rich_text_list',
        style: 'ordered',
        elements: ['Read the value', 'Write it', 'Measure again'].map((text) => ({
          type: 'rich_text_section' as const,
          elements: [{ type: 'text' as const, text }],
        })),
      },
      {
        type: 'rich_text_list',
        style: 'bullet',
        indent: 1,
        elements: [{ type: 'rich_text_section', elements: [{ type: 'text', text: 'nested, one step in' }] }],
      },
      { type: 'rich_text_quote', elements: [{ type: 'text', text: 'What the alert said' }] },
      {
        type: 'rich_text_preformatted',
        elements: [
          { type: 'text', text: 'net.netfilter.nf_conntrack_count = 65536\nnet.netfilter.nf_conntrack_max   = 65536' },
        ],
      },
    ],
  },
  {
    type: 'markdown',
    text: '## Timeline\n1. **12:01** measured\n2. *12:03* approved\n   - by `grace`\n\n| state | count |\n|:--|--:|\n| TIME_WAIT | 18888 |\n\n> silence reverts\n\n<script>alert(1)</script> stays text, [a link](https://docs.kernel.org).',
  },
];

export const tableBlocks: readonly AnyBlock[] = [
  {
    type: 'table',
    column_settings: [{ align: 'left' }, { align: 'right' }, { is_wrapped: true }],
    rows: [
      [words('State'), words('Sockets'), words('Meaning')],
      ...states
        .slice(3, 7)
        .map(([state, count]) => [
          words(state),
          number(count),
          rich(`What ${state} means, in one correct line that is long enough to be wrapped on a phone`),
        ]),
    ],
  },
  {
    type: 'data_table',
    caption: 'TCP states of web-1',
    page_size: 6,
    row_header_column_index: 0,
    rows: [
      [words('State'), words('IPv4'), words('IPv6'), words('All')],
      ...states.map(([state, count]) => [
        words(state),
        number(Math.ceil(count * 0.8)),
        number(Math.floor(count * 0.2)),
        number(count),
      ]),
    ],
  },
];

export const chartBlocks: readonly AnyBlock[] = [
  {
    type: 'data_visualization',
    title: 'TCP states of web-1',
    chart: {
      type: 'bar',
      series: [
        { name: 'Sockets', data: states.filter(([, count]) => count > 0).map(([label, value]) => ({ label, value })) },
      ],
      axis_config: { categories: states.filter(([, count]) => count > 0).map(([label]) => label), y_label: 'sockets' },
    },
  },
  {
    type: 'data_visualization',
    title: 'Sockets over ten minutes',
    chart: {
      type: 'line',
      series: [
        series('TIME_WAIT', [120, 340, 900, 2200, 5200, 9100, 14_000, 17_800, 18_888, 18_888]),
        series('ESTABLISHED', [800, 820, 790, 810, 640, 410, 230, 120, 90, 79]),
        series('SYN_RECV', [4, 4, 5, 40, 300, 1200, 2100, 2300, 2400, 2300]),
      ],
      axis_config: { categories: minutes, x_label: 'time', y_label: 'sockets' },
    },
  },
];

export const moreChartBlocks: readonly AnyBlock[] = [
  {
    type: 'data_visualization',
    title: 'Who holds TIME_WAIT',
    chart: {
      type: 'pie',
      segments: [
        { label: '10.0.3.7:5432', value: 14_220 },
        { label: '10.0.3.9:6379', value: 3121 },
        { label: '10.0.4.1:443', value: 1322 },
        { label: 'others', value: 225 },
      ],
    },
  },
  {
    type: 'data_visualization',
    title: 'Retransmissions',
    chart: {
      type: 'area',
      series: [series('web-1', [1, 2, 2, 4, 9, 14, 12, 9, 6, 4]), series('web-2', [1, 1, 2, 1, 2, 3, 2, 2, 1, 1])],
      axis_config: { categories: minutes, y_label: 'per second' },
    },
  },
];

export const composedBlocks: readonly AnyBlock[] = [
  {
    type: 'container',
    title: plain('Evidence'),
    subtitle: mrkdwn('12 numbers, each with its *source*'),
    is_collapsible: true,
    child_blocks: [
      { type: 'section', text: mrkdwn('`/proc/sys/net/netfilter/nf_conntrack_count` 65,536') },
      { type: 'context', elements: [mrkdwn('read twice, 2.0 s apart')] },
    ],
  },
  {
    type: 'container',
    title: plain('Why not tcp_tw_reuse'),
    is_collapsible: true,
    default_collapsed: true,
    child_blocks: [{ type: 'section', text: mrkdwn('It does not touch conntrack.') }],
  },
  {
    type: 'plan',
    title: 'Raise nf_conntrack_max on web-1',
    tasks: [
      { type: 'task_card', task_id: '1', title: 'Read the prior value', status: 'complete', details: rich('65536') },
      { type: 'task_card', task_id: '2', title: 'Write, with a timer on the host', status: 'in_progress' },
      { type: 'task_card', task_id: '3', title: 'Measure again', status: 'pending' },
      {
        type: 'task_card',
        task_id: '4',
        title: 'Reach db-1',
        status: 'error',
        output: rich('refused: connection timed out'),
      },
    ],
  },
  {
    type: 'carousel',
    elements: ['web-1', 'web-2', 'db-1'].map((host) => ({
      type: 'card' as const,
      title: mrkdwn(`*${host}*`),
      subtitle: mrkdwn('3 findings'),
      body: mrkdwn('The connection-tracking table is full.'),
      actions: [{ type: 'button' as const, action_id: `open-${host}`, text: plain('Open'), value: host }],
    })),
  },
  {
    type: 'context_actions',
    elements: [
      {
        type: 'feedback_buttons',
        action_id: 'feedback',
        positive_button: { text: plain('Good'), value: 'good' },
        negative_button: { text: plain('Bad'), value: 'bad' },
      },
      { type: 'icon_button', action_id: 'remove', icon: 'trash', text: plain('Remove') },
    ],
  },
  {
    type: 'image',
    image_url: 'https://127.0.0.1:1/missing.png',
    alt_text: 'A picture that is not there',
    title: plain('A picture'),
  },
];

export const inputBlocks: readonly AnyBlock[] = [
  { type: 'alert', level: 'warning', text: mrkdwn('This change is *taken back* unless somebody confirms.') },
  {
    type: 'input',
    block_id: 'reason',
    label: plain('Reason'),
    hint: plain('The approver reads it.'),
    element: { type: 'plain_text_input', action_id: 'text', multiline: true },
  },
  {
    type: 'input',
    block_id: 'window',
    label: plain('Confirm window'),
    element: {
      type: 'static_select',
      action_id: 'minutes',
      options: ['5 minutes', '15 minutes', '60 minutes'].map((text) => option(text)),
      initial_option: option('15 minutes'),
    },
  },
  {
    type: 'input',
    block_id: 'value',
    label: plain('Value'),
    element: { type: 'number_input', action_id: 'number', is_decimal_allowed: false, initial_value: '262144' },
  },
  {
    type: 'input',
    block_id: 'who',
    optional: true,
    label: plain('Also tell'),
    element: { type: 'multi_users_select', action_id: 'users', placeholder: plain('People') },
  },
  {
    type: 'input',
    block_id: 'how',
    label: plain('How'),
    element: {
      type: 'radio_buttons',
      action_id: 'radio',
      options: [option('Runtime only'), option('Also after a reboot')],
      initial_option: option('Runtime only'),
    },
  },
  {
    type: 'input',
    block_id: 'sure',
    optional: true,
    label: plain('I know that'),
    element: {
      type: 'checkboxes',
      action_id: 'boxes',
      options: [option('it costs about 80 MB'), option('the listener must be restarted')],
    },
  },
  {
    type: 'input',
    block_id: 'when',
    optional: true,
    label: plain('Not before'),
    element: { type: 'datetimepicker', action_id: 'datetime', initial_date_time: 1_763_812_860 },
  },
];

/** A block of the future, and one that is broken. */
export const strangeBlocks: readonly AnyBlock[] = [
  { type: 'hologram', block_id: 'strange' } as unknown as AnyBlock,
  { type: 'section', text: null } as unknown as AnyBlock,
];

export const gallery: readonly { name: string; blocks: readonly AnyBlock[] }[] = [
  { name: 'Text', blocks: textBlocks },
  { name: 'Rich text and Markdown', blocks: richBlocks },
  { name: 'Tables', blocks: tableBlocks },
  { name: 'Charts', blocks: chartBlocks },
  { name: 'More charts', blocks: moreChartBlocks },
  { name: 'Containers, plans, cards', blocks: composedBlocks },
];
