/** A way to a server on loopback that can be cut, or fall silent, and mended again. */
import { createServer, type Server, Socket } from 'node:net';

export interface FlakyProxy {
  port: number;
  /** connections end, new ones are refused */
  cut(): Promise<void>;
  /** connections stay and new ones are taken, but nothing is passed on */
  silence(): void;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** @param target of the server behind it */
export const startFlakyProxy = async (target: { host: string; port: number }): Promise<FlakyProxy> => {
  const open = new Set<Socket>();
  let silent = false;
  const serve = (): Server =>
    createServer((near) => {
      const far = new Socket();
      far.connect(target.port, target.host);
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        open.add(from);
        from.on('data', (chunk) => {
          if (!silent) to.write(chunk);
        });
        from.on('error', () => undefined);
        from.on('close', () => {
          open.delete(from);
          to.destroy();
        });
      }
    });
  let server = serve();
  const listen = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
  const port = await listen(0);
  const drop = (): void => {
    for (const socket of open) socket.destroy();
  };
  const cut = (): Promise<void> =>
    new Promise((resolve) => {
      if (!server.listening) return resolve();
      server.close(() => resolve());
      drop();
    });
  return {
    port,
    cut,
    silence: () => {
      silent = true;
    },
    mend: async () => {
      silent = false;
      if (!server.listening) {
        server = serve();
        await listen(port);
      }
    },
    close: cut,
  };
};
