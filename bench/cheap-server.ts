/** `cheap-server.js <host key> <port> <answer ms> <address>…`: lets everybody in and answers any command after a while. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import ssh2 from 'ssh2';

const [keyFile = '', port = '', answerMs = '', ...addresses] = process.argv.slice(2);
const ANSWER = `sockets: used 100\nTCP: inuse 5 orphan 0 tw 3 alloc 6 mem 1\n${'/proc/sys/net/ipv4/x:60\n'.repeat(4)}@@end\n`;

const server = new ssh2.Server({ hostKeys: [readFileSync(keyFile)] }, (client) => {
  client.on('error', () => undefined);
  client.on('authentication', (context) => context.accept());
  client.on('session', (accept) => {
    const session = accept();
    session.on('pty', (acceptPty) => acceptPty?.());
    session.on('exec', (acceptExec, _reject, { command }) => {
      const channel = acceptExec();
      channel.on('error', () => undefined);
      const answer = (): void => {
        channel.write(ANSWER);
        channel.exit(0);
        channel.end();
      };
      if (!/\bsh -s$/.test(command)) {
        setTimeout(answer, Number(answerMs));
        return;
      }
      let text = '';
      channel.on('data', (chunk: Buffer) => {
        text += chunk.toString('latin1');
        if (text.endsWith('exit\n')) setTimeout(answer, Number(answerMs));
        if (!text.startsWith('asked()')) return;
        // A session that is kept: its loop is there, and then every line is a question.
        if (text.endsWith('\nmain\n')) channel.write('@@ready\n');
        const asked = /\nmain\n(?:.*\n)*?(\d+)\n$/.exec(text)?.[1];
        if (asked !== undefined) setTimeout(() => channel.write(`${ANSWER}@@asked ${asked} 0\n`), Number(answerMs));
      });
    });
  });
});
// What asked is gone, or the bench is: nothing stays behind.
process.on('disconnect', () => process.exit(0));
for (const address of addresses)
  createServer((socket) => {
    socket.setNoDelay(true);
    server.injectSocket(socket);
  }).listen(Number(port), address, 1_024);
