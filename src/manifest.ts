/** The app as Slack is told of it: generated from the commands, so that it can't say anything else than the code. */
import { stringify } from 'yaml';
import type { Command } from './command.js';

/** Least that works; each with the reason, which stands in the file too. */
const SCOPES: readonly (readonly [scope: string, why: string])[] = [
  ['app_mentions:read', '@tcpstates in channels and threads, where slash commands do not work'],
  ['channels:read', 'is a channel shared with another organisation? Then no answer is given there'],
  ['chat:write', 'answers, and keeping them current'],
  ['chat:write.public', 'answers in public channels without being invited first: incident rooms are made in a hurry'],
  ['commands', 'slash commands and shortcuts'],
  ['files:write', 'the raw transcript as a file'],
  ['groups:read', 'as channels:read, for private channels that the app is in'],
  ['im:history', 'direct messages with the app'],
  ['usergroups:read', 'roles of the policy that a user group fills: its members are looked up at each click'],
  ['users:read', 'guests, deactivated people and people of other organisations are refused'],
];

/** Slack's limit for descriptions of commands is not documented beyond the field; the page shows about this much. */
const SUMMARY_MAX = 2_000;

export interface Manifest {
  display_information: Record<string, string>;
  features: Record<string, unknown>;
  oauth_config: { scopes: { bot: string[] } };
  settings: Record<string, unknown>;
}

export const manifestOf = (commands: ReadonlyMap<string, Command>): Manifest => {
  const shortcuts = [...commands.values()].flatMap(({ shortcuts: own }) =>
    Object.entries(own ?? {}).map(([callbackId, { title, description, on }]) => ({
      name: title,
      type: on === 'message' ? 'message' : 'global',
      callback_id: callbackId,
      description,
    })),
  );
  return {
    display_information: {
      name: 'tcpstates',
      description: 'What is wrong with the TCP of a host, and what would help',
      long_description:
        'Measures registered Linux hosts over SSH, in one round trip and without root: TCP states, counters, sysctls. Says what is wrong, on which evidence, what would and would not help. Changes only what policy allows and a second person approves, with a timer on the host that takes the change back unless somebody confirms.',
      background_color: '#1d3557',
    },
    features: {
      app_home: { home_tab_enabled: true, messages_tab_enabled: true, messages_tab_read_only_enabled: false },
      bot_user: { display_name: 'tcpstates', always_online: true },
      slash_commands: [...commands.values()].map(({ name, summary, hint }) => ({
        command: `/${name}`,
        description: summary.slice(0, SUMMARY_MAX),
        usage_hint: hint,
        should_escape: false,
      })),
      ...(shortcuts.length === 0 ? {} : { shortcuts }),
    },
    oauth_config: { scopes: { bot: SCOPES.map(([scope]) => scope) } },
    settings: {
      event_subscriptions: { bot_events: ['app_home_opened', 'app_mention', 'message.im'] },
      interactivity: { is_enabled: true },
      org_deploy_enabled: false,
      socket_mode_enabled: true,
      token_rotation_enabled: false,
    },
  };
};

/** manifest.yml, ready for api.slack.com/apps → Create New App → From a manifest. */
export const manifestYaml = (commands: ReadonlyMap<string, Command>): string =>
  [
    '# Generated from commands/ and src/manifest.ts by: npm run manifest. A test fails where it is stale.',
    '# Create the app: api.slack.com/apps, Create New App, From a manifest. Then install it and take its tokens.',
    '# For HTTP instead of Socket Mode: socket_mode_enabled: false, and https://<your host>/slack/events as request_url of',
    '# event_subscriptions and interactivity and as url of every slash command.',
    '#',
    '# Why each scope:',
    ...SCOPES.map(([scope, why]) => `#   ${scope}: ${why}`),
    stringify(manifestOf(commands), { lineWidth: 0 }),
  ].join('\n');
