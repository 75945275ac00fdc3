/** Who the app is here: its ids and its throw-away credentials. */
import { appUserId } from './default-world.js';
import { secret } from './ids.js';

export interface AppIdentity {
  appId: string;
  name: string;
  botUserId: string;
  botId: string;
  botToken: string;
  appToken: string;
  signingSecret: string;
  /** Slack's deprecated verification token: in every payload, trusted by nobody */
  verificationToken: string;
}

export const newIdentity = (name: string): AppIdentity => ({
  appId: 'A0TCPSTATES',
  name,
  botUserId: appUserId,
  botId: 'B0TCPSTATES',
  botToken: `xoxb-local-${secret()}`,
  appToken: `xapp-local-${secret()}`,
  signingSecret: secret(),
  verificationToken: secret(12),
});
