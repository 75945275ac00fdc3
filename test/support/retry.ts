/**
 * What runs on a real kernel, a real sshd and a real browser meets a machine that is busy with something else now and then.
 * Such a test gets one more try, and the failure of the first stays in the log.
 */
import { jest } from '@jest/globals';

jest.retryTimes(1, { logErrorsBeforeRetry: true });
