/**
 * What runs on a real kernel, a real sshd and a real browser meets a machine that is busy with something else now and then;
 * in CI so does everything. Such a test gets one more try, and the failure of the first stays in the log, seed included.
 */
import { expect, jest } from '@jest/globals';

const alone = /\/test\/(?:e2e|lab)\//.test(expect.getState().testPath ?? '');
if (alone || process.env['TCPSTATES_NOTHING_SKIPPED'] === '1') jest.retryTimes(1, { logErrorsBeforeRetry: true });
