/** What tests of servers in trouble share: keys in a folder of their own, and whatever was started is ended after each of them. */
import { afterAll, afterEach } from '@jest/globals';
import { Engine } from '../../src/ssh/engine.js';
import type { Running } from './ssh2-server.js';
import { Scratch } from './sshd.js';

type Options = ConstructorParameters<typeof Engine>[0];

/** To be called in a `describe`. */
export const faultScene = () => {
  const scratch = new Scratch();
  const running: Running[] = [];
  const engines: Engine[] = [];
  afterEach(async () => {
    await Promise.all(engines.splice(0).map((engine) => engine.close(0)));
    for (const server of running.splice(0)) server.stop();
  });
  afterAll(() => scratch.remove());
  return {
    scratch,
    /** The server ends with the test. */
    kept: (server: Running): Running => {
      running.push(server);
      return server;
    },
    /** Without any environment; what it waits between tries is as short as it may be. */
    engineWith: (options: Pick<Options, 'hosts'> & Partial<Options>): Engine => {
      const engine = new Engine({ environment: {}, random: () => 0, ...options });
      engines.push(engine);
      return engine;
    },
  };
};
