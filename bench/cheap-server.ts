/** `cheap-server.js <host key> <port> <answer ms> <address>…`: lets everybody in and answers any command after a while. */
import { createPrivateKey, createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import ssh2 from 'ssh2';
import { type CheapHost, serveCheaply } from './cheap-ssh.js';

const [keyFile = '', port = '', answerMs = '', ...addresses] = process.argv.slice(2);
const ANSWER = `sockets: used 100\nTCP: inuse 5 orphan 0 tw 3 alloc 6 mem 1\n${'/proc/sys/net/ipv4/x:60\n'.repeat(4)}@@end\n`;

const parsed = ssh2.utils.parseKey(readFileSync(keyFile));
if (parsed instanceof Error) throw parsed;
const privateKey = createPrivateKey(parsed.getPrivatePEM());
if (createPublicKey(privateKey).asymmetricKeyType !== 'ed25519') throw new Error('the host key must be an Ed25519 key');

const later = (act: () => void): void => void setTimeout(act, Number(answerMs));

const host: CheapHost = {
  hostKey: { private: privateKey, blob: parsed.getPublicSSH() },
  exec: (channel, command) => {
    if (!/\bsh -s$/.test(command)) {
      later(() => channel.answer(ANSWER, true));
      return {};
    }
    let text = '';
    let kept = false;
    return {
      data: (more) => {
        text += more;
        if (kept) {
          // The loop is there, and every line is a question.
          for (const asked of text.split('\n').slice(0, -1))
            later(() => channel.answer(`${ANSWER}@@asked ${asked} 0\n`, false));
          text = text.slice(text.lastIndexOf('\n') + 1);
        } else if (text.endsWith('exit\n')) later(() => channel.answer(ANSWER, true));
        else if (text.startsWith('asked()') && text.endsWith('\nmain\n')) {
          kept = true;
          text = '';
          channel.answer('@@ready\n', false);
        }
      },
    };
  },
};
// What asked is gone, or the bench is: nothing stays behind.
process.on('disconnect', () => process.exit(0));
for (const address of addresses)
  createServer({ noDelay: true }, (socket) => serveCheaply(socket, host)).listen(Number(port), address, 1_024);
