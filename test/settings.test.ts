import { expect, test } from '@jest/globals';
import { readSettings } from '../src/settings.js';

const bot = 'xoxb-1-2-abcdef';
const app = 'xapp-1-A-abcdef';
test('no tokens: the local workspace; two: Socket Mode; a signing secret and a port: HTTP', () => {
  const way = (env: Record<string, string>) => {
    const read = readSettings(env);
    return read.ok ? read.settings.way : read.problems;
  };
  expect(way({})).toEqual({ mode: 'local', port: 3100 });
  expect(way({ SLACK_BOT_TOKEN: '', PORT: '' })).toMatchObject({ mode: 'local' });
  expect(way({ SLACK_BOT_TOKEN: bot, SLACK_APP_TOKEN: app })).toEqual({ mode: 'socket', botToken: bot, appToken: app });
  expect(way({ SLACK_BOT_TOKEN: bot, SLACK_SIGNING_SECRET: 'a'.repeat(32), PORT: '8080' })).toMatchObject({
    mode: 'http',
    port: 8080,
  });
});

test.each([
  [{ SLACK_BOT_TOKEN: app }, 'SLACK_BOT_TOKEN: expected a token that begins with xoxb-'],
  [{ SLACK_BOT_TOKEN: bot }, 'SLACK_APP_TOKEN: missing'],
  [{ SLACK_APP_TOKEN: app }, 'SLACK_BOT_TOKEN: missing'],
  [{ SLACK_SIGNING_SECRET: 'a'.repeat(32) }, 'SLACK_BOT_TOKEN: missing'],
  [{ SLACK_BOT_TOKEN: bot, SLACK_SIGNING_SECRET: 'a'.repeat(32) }, 'PORT: missing'],
  [{ PORT: '70000' }, 'PORT: expected a port from 0 to 65535'],
  [{ PORT: 'x' }, 'PORT: expected a port number'],
  [{ LOG_LEVEL: 'loud' }, 'LOG_LEVEL: expected debug, info, warn, error or silent'],
  [{ SLACK_API_URL: 'nowhere' }, 'SLACK_API_URL: expected a URL'],
  [{ TCPSTATES_GUESTS: 'yes' }, 'TCPSTATES_GUESTS: expected 0 or 1'],
])('%j: %s', (env, expected) => {
  const read = readSettings(env);
  expect(read.ok ? '' : read.problems.join('\n')).toContain(expected);
  // What was given is not repeated: it may be a secret in the wrong place.
  for (const value of Object.values(env)) if (value.length > 8) expect(JSON.stringify(read)).not.toContain(value);
});
