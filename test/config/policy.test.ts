import { describe, expect, test } from '@jest/globals';
import { readPolicy } from '../../src/config/policy.js';
import { ConfigProblem } from '../../src/config/problem.js';

const problemsOf = (text: string): string => {
  try {
    readPolicy(text, 'policy.yml');
  } catch (error) {
    if (error instanceof ConfigProblem) return error.message;
    throw error;
  }
  return '';
};

describe('policy.yml', () => {
  test('nothing in it: nothing is granted', () => {
    expect(readPolicy('', 'policy.yml')).toMatchObject({
      grants: [],
      keys: [],
      expiresAfterSeconds: 3_600,
      confirmWindowSeconds: { default: 600, max: 900 },
    });
  });

  test.each([
    ['an unknown field', 'pepole: {}\n', 'policy.yml:1: pepole: unknown field; expected people, roles'],
    [
      'an id without its workspace',
      'people:\n  ada: {slack: [U0ADA]}\n',
      'policy.yml:2: people.ada.slack.0: expected a Slack id with its workspace',
    ],
    [
      'one id for two people',
      'people:\n  ada: {slack: ["T0A:U0A"]}\n  bob: {slack: ["T0A:U0A"]}\n',
      "policy.yml:3: people.bob.slack: expected an id of one person, but T0A:U0A is ada's already",
    ],
    [
      'a role of strangers',
      'roles: {leads: {people: [ada]}}\n',
      'policy.yml:1: roles.leads.people: expected people, but there is no “ada”',
    ],
    [
      'a grant to a role that is none',
      'grants: [{hosts: "*", approve: [leads]}]\n',
      'grants.0.approve: expected roles, but there is no “leads”',
    ],
    ['everyone approves', 'grants: [{hosts: "*", approve: [everyone]}]\n', 'grants.0.approve: expected named roles'],
    ['everyone proposes', 'grants: [{hosts: "*", propose: [everyone]}]\n', 'grants.0.propose: expected named roles'],
    [
      'no approval at all',
      'keys: {net.core.somaxconn: {approvals: 0}}\n',
      'keys.net.core.somaxconn.approvals: expected 1 to 5',
    ],
    ['an upside-down bound', 'keys: {net.core.somaxconn: {min: 9, max: 1}}\n', 'expected a max of at least min'],
    [
      'a freeze without a zone',
      'freezes: [{name: x, from: "2026-12-01", to: "2026-12-02", hosts: "*"}]\n',
      'expected a time with its zone',
    ],
    [
      'a freeze that ends before it begins',
      'freezes: [{name: x, from: "2026-12-02T00:00Z", to: "2026-12-01T00:00Z", hosts: "*"}]\n',
      'expected a time after “from”',
    ],
    ['a window that the host refuses', 'confirmWindow: {default: 5s}\n', 'confirmWindow.default: expected 30s to 15m'],
    ['a bad selector', 'grants: [{hosts: "$(id)"}]\n', 'expected a selector'],
  ])('%s is refused', (_, text, expected) => {
    expect(problemsOf(text)).toContain(expected);
  });
});
