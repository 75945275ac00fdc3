/** The workspace that a newcomer finds: four channels, four colleagues, a guest, somebody from another organisation. */
import type { Channel, Person, Team } from './protocol.js';

export interface UserGroup {
  id: string;
  handle: string;
  name: string;
  userIds: string[];
}

export interface Seed {
  team: Team;
  people: Person[];
  channels: Channel[];
  groups: UserGroup[];
}

export const appUserId = 'U0TCPSTATES';
export const slackbotId = 'USLACKBOT';

const teamId = 'T0TCPLAB001';
const partnerTeamId = 'T0PARTNER01';

const person = (id: string, realName: string, title: string, more: Partial<Person> = {}): Person => ({
  id,
  teamId,
  name: (realName.split(' ')[0] ?? realName).toLowerCase(),
  realName,
  title,
  timeZone: 'Europe/London',
  kind: 'member',
  ...more,
});

/** @param appName name of the app's own user */
export const defaultSeed = (appName: string): Seed => {
  const people = [
    person('U0ADA000001', 'Ada Lovelace', 'SRE'),
    person('U0GRACE0001', 'Grace Hopper', 'SRE lead', { timeZone: 'America/New_York' }),
    person('U0LINUS0001', 'Linus Torvalds', 'Developer', { timeZone: 'America/Los_Angeles' }),
    person('U0MARGARET1', 'Margaret Hamilton', 'On call', { timeZone: 'Europe/Berlin' }),
    person('U0GUEST0001', 'Dennis Ritchie', 'Contractor (guest)', { kind: 'guest' }),
    person('U0EXTERN001', 'Radia Perlman', 'Partner network team (another organisation)', {
      kind: 'external',
      teamId: partnerTeamId,
    }),
    person(appUserId, appName, 'App', { kind: 'app', name: appName }),
    person(slackbotId, 'Slackbot', '', { kind: 'slackbot', name: 'slackbot' }),
  ];
  const staff = people.filter(({ kind }) => kind === 'member').map(({ id }) => id);
  const channel = (id: string, name: string, topic: string, memberIds: string[]): Channel => ({
    id,
    name,
    kind: 'public',
    topic,
    archived: false,
    memberIds,
  });
  return {
    team: { id: teamId, name: 'tcpstates lab', domain: 'tcpstates-lab' },
    people,
    channels: [
      channel('C0INCIDENT7', 'incident-7', 'Checkout is slow, connections are dropped', [
        ...staff,
        'U0GUEST0001',
        appUserId,
      ]),
      channel('C0SRE000001', 'sre', 'Everything that runs', [...staff, appUserId]),
      // Shared with another organisation, whose people read along: an app may well refuse to answer here.
      channel('C0PARTNER01', 'partner-network', 'With the people who run the uplink', [
        ...staff,
        'U0EXTERN001',
        appUserId,
      ]),
      // The app is no member here: what it may not do without an invitation can be tried out.
      channel('C0RANDOM001', 'random', 'Anything else', staff),
    ],
    groups: [{ id: 'S0SRELEADS1', handle: 'sre-leads', name: 'SRE leads', userIds: ['U0GRACE0001', 'U0MARGARET1'] }],
  };
};
