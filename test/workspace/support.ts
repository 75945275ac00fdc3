/** A workspace with a real Bolt app against it, in Socket Mode. */
import { afterEach } from '@jest/globals';
import { App, type Logger, LogLevel, SocketModeReceiver } from '@slack/bolt';
import { silent } from '../../src/workspace/log.js';
import { startWorkspace, type Workspace, type WorkspaceOptions } from '../../src/workspace/workspace.js';

export const commands = [
  { name: '/tcpstates', description: 'TCP states of a host', usageHint: '<host>' },
  { name: '/sysctl', description: 'Kernel settings of a host', usageHint: '<host> [words]' },
];
export const shortcuts = [
  { callbackId: 'diagnose_message', name: 'Diagnose hosts in this message', description: '', kind: 'message' as const },
  { callbackId: 'pick_host', name: 'Diagnose a host', description: '', kind: 'global' as const },
];

const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

/** Closed after the test. */
export const workspaceWith = async (options: Partial<WorkspaceOptions> = {}): Promise<Workspace> => {
  const workspace = await startWorkspace({ commands, shortcuts, log: silent, ...options });
  open.push(workspace);
  return workspace;
};

export const clientOptions = (workspace: Workspace) => ({
  slackApiUrl: workspace.apiUrl,
  retryConfig: { retries: 2, minTimeout: 10 },
});

const nothing = (): void => undefined;
/** These tests break sockets on purpose; the SDK's words about it would bury the results. */
const quiet: Logger = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  setLevel: nothing,
  getLevel: () => LogLevel.ERROR,
  setName: nothing,
};

/** A Bolt app as its documentation makes one, connected. Stopped after the test. */
export const boltApp = async (
  workspace: Workspace,
  listen: (app: App) => void,
  receiverOptions: { clientPingTimeout?: number } = {},
): Promise<App> => {
  const receiver = new SocketModeReceiver({
    appToken: workspace.appToken,
    logger: quiet,
    // The socket's own Web API client takes its options from here, not from the App's.
    installerOptions: { clientOptions: clientOptions(workspace) },
    ...receiverOptions,
  });
  const app = new App({
    token: workspace.botToken,
    receiver,
    clientOptions: clientOptions(workspace),
    logger: quiet,
    convoStore: false,
  });
  listen(app);
  await app.start();
  await workspace.connected();
  open.push({
    close: async () => {
      // stop() resolves before the socket is closed.
      const closed = new Promise((resolve) => receiver.client.once('disconnected', resolve));
      await app.stop();
      await closed;
    },
  });
  return app;
};

export const room = '#incident-7';
export const plain = (text: string) => ({ type: 'plain_text' as const, text });
export const section = (text: string) => ({ type: 'section' as const, text: { type: 'mrkdwn' as const, text } });
export const buttons = (...labels: string[]) => ({
  type: 'actions' as const,
  elements: labels.map((label) => ({
    type: 'button' as const,
    text: plain(label),
    action_id: label.toLowerCase(),
    value: label,
  })),
});
/** A channel of the default world. */
export const incident = 'C0INCIDENT7';
