/** A throw-away PostgreSQL on loopback, made for one test file and gone with it. As root it runs as the user postgres. */
import { execFileSync } from 'node:child_process';
import { chownSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });

export interface TestPostgres {
  /** makes a new, empty database and says its URL */
  database(): Promise<string>;
  close(): void;
}

export const startPostgres = async (): Promise<TestPostgres> => {
  const given = process.env['TEST_DATABASE_URL'];
  let stop = (): void => undefined;
  let url = given ?? '';
  if (given === undefined) {
    const versions = readdirSync('/usr/lib/postgresql').sort((a, b) => Number(a) - Number(b));
    const bin = `/usr/lib/postgresql/${versions.at(-1)}/bin`;
    const folder = mkdtempSync(join(tmpdir(), 'tcpstates-pg-'));
    const asRoot = userInfo().uid === 0;
    const identity = asRoot
      ? {
          uid: Number(execFileSync('id', ['-u', 'postgres'], { encoding: 'utf8' })),
          gid: Number(execFileSync('id', ['-g', 'postgres'], { encoding: 'utf8' })),
        }
      : {};
    if ('uid' in identity) chownSync(folder, identity.uid ?? 0, identity.gid ?? 0);
    const port = await freePort();
    const run = (program: string, args: string[]): void => {
      execFileSync(`${bin}/${program}`, args, { cwd: folder, stdio: 'ignore', ...identity });
    };
    run('initdb', ['-D', join(folder, 'data'), '-U', 'tester', '-A', 'trust', '--no-sync']);
    const options = `-p ${port} -c listen_addresses=127.0.0.1 -c unix_socket_directories=${folder} -c fsync=off`;
    run('pg_ctl', ['-D', join(folder, 'data'), '-w', '-l', join(folder, 'log'), '-o', options, 'start']);
    url = `postgres://tester@127.0.0.1:${port}/postgres`;
    stop = () => {
      run('pg_ctl', ['-D', join(folder, 'data'), '-w', '-m', 'immediate', 'stop']);
      rmSync(folder, { recursive: true, force: true });
    };
  }
  let made = 0;
  return {
    database: async () => {
      const name = `tcpstates_test_${process.pid}_${++made}`;
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      const own = new URL(url);
      own.pathname = `/${name}`;
      return own.href;
    },
    close: stop,
  };
};
