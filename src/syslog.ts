/** The system's log as a place for anchors: another program's file, on another disk's or another machine's terms. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { AnchorPlace } from './app/audit-anchor.js';

const TIMEOUT_MS = 5_000;

/** By logger(1), facility authpriv: where the host's own gate writes too. */
export const syslogPlace: AnchorPlace = {
  name: 'syslog',
  tell: async (line) => {
    await promisify(execFile)('logger', ['-t', 'tcpstates', '-p', 'authpriv.notice', '--', line], {
      timeout: TIMEOUT_MS,
    });
  },
};
