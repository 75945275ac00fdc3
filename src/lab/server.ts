/**
 * An SSH server on loopback for one host of the lab: takes one key, runs one thing (`exec`), grants nothing else. What it
 * runs is a recording played again, or the real probe on this very machine.
 */
import { spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import ssh2, { type Connection, type ServerChannel } from 'ssh2';

const ADDRESS = '127.0.0.1';
const SCRIPT_BYTES_MAX = 1_048_576;
const LINE_MAX = 1_024;

/** Answers one script; the end of the answer ends the session. */
export type Responder = (script: string) => Promise<string> | string;

export interface LabServerOptions {
  /** OpenSSH private key, PEM */
  hostKey: string;
  /** `ssh-ed25519 AAAA…` of the one client that may log in */
  clientKey: string;
  user: string;
  /** undefined: a real shell of this machine runs what comes in */
  respond?: Responder;
}

export interface LabServer {
  port: number;
  close(): Promise<void>;
}

const blobOf = (line: string): Buffer => Buffer.from(line.split(' ')[1] ?? '', 'base64');
const same = (a: Buffer, b: Buffer): boolean => a.length === b.length && timingSafeEqual(a, b);

/**
 * The script comes on standard input, which stays open behind it: its own last line, `exit`, ends it. One that is a loop says
 * that it is there and answers every line that comes, as a shell would that is kept for further questions.
 */
const replay = (channel: ServerChannel, respond: Responder): void => {
  let script = '';
  let answered = false;
  let looping = false;
  let asked = '';
  const answer = async (): Promise<void> => {
    if (answered || looping) return;
    answered = true;
    channel.write(await respond(script));
    channel.exit(0);
    channel.end();
  };
  const answerLine = async (line: string): Promise<void> => {
    const said = await respond(script);
    if (channel.writable) channel.write(`${said.trimEnd()}\n@@asked ${line} 0\n`);
  };
  channel.on('data', (chunk: Buffer) => {
    if (looping) {
      asked = (asked + chunk.toString('utf8')).slice(-LINE_MAX);
      const lines = asked.split('\n');
      asked = lines.pop() ?? '';
      for (const line of lines) void answerLine(line);
      return;
    }
    if (script.length < SCRIPT_BYTES_MAX) script += chunk.toString('utf8');
    if (script.endsWith('\nexit\n')) void answer();
    if (script.endsWith('\nmain\n') && script.includes('echo @@ready\n')) {
      looping = true;
      channel.write('@@ready\n');
    }
  });
  channel.on('end', () => (looping ? channel.end() : void answer()));
};

const runShell = (channel: ServerChannel): void => {
  const shell = spawn('sh', ['-s'], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: '/',
    env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin' },
  });
  channel.pipe(shell.stdin);
  shell.stdin.on('error', () => undefined);
  shell.stdout.pipe(channel, { end: false });
  shell.stderr.pipe(channel.stderr, { end: false });
  shell.on('close', (code) => {
    channel.exit(code ?? 255);
    channel.end();
  });
  channel.on('close', () => shell.kill('SIGKILL'));
};

const serve = (client: Connection, { clientKey, user, respond }: LabServerOptions): void => {
  const key = ssh2.utils.parseKey(clientKey);
  if (key instanceof Error) throw key;
  client.on('error', () => client.end());
  client.on('authentication', (context) => {
    if (context.method !== 'publickey') return context.reject(['publickey']);
    const known = context.username === user && same(context.key.data, blobOf(clientKey));
    if (!known) return context.reject(['publickey']);
    if (context.signature === undefined || context.blob === undefined) return context.accept();
    return key.verify(context.blob, context.signature, context.hashAlgo) === true
      ? context.accept()
      : context.reject(['publickey']);
  });
  client.on('session', (accept) => {
    const session = accept();
    session.on('exec', (acceptExec, reject, { command }) => {
      if (command !== 'sh -s') return reject();
      const channel = acceptExec();
      channel.on('error', () => undefined);
      if (respond === undefined) runShell(channel);
      else replay(channel, respond);
    });
  });
};

/** Listens on a free port of 127.0.0.1. */
export const startLabServer = async (options: LabServerOptions): Promise<LabServer> => {
  const clients = new Set<Connection>();
  const server = new ssh2.Server({ hostKeys: [options.hostKey] }, (client) => {
    clients.add(client);
    client.on('close', () => clients.delete(client));
    serve(client, options);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, ADDRESS, resolve);
  });
  const address = server.address();
  return {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const client of clients) client.end();
      }),
  };
};
