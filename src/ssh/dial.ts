/** From a name to a TCP connection, each step with its own time limit and its own words when it fails. */
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { type PhaseHolder, until } from './deadline.js';
import { connectFailure, failure } from './failures.js';
import type { Signal } from './signal.js';

export interface ResolvedName {
  addresses: readonly { address: string; family: number }[];
}

/** What the system's resolver says: /etc/hosts, DNS, whatever is configured (getaddrinfo(3)). @throws Failure */
export const resolveName = async (name: string, where: string, signal: Signal): Promise<ResolvedName> => {
  const family = isIP(name);
  if (family !== 0) return { addresses: [{ address: name, family }] };
  try {
    return { addresses: await until(lookup(name, { all: true }), signal) };
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw connectFailure(error, where);
  }
};

/**
 * Connects to the first address that answers (RFC 8305, as Node does it), without Nagle's delay: SSH's small packets each
 * wait up to 40 ms with it.
 * @throws Failure
 */
export const connectTcp = async (
  { addresses }: ResolvedName,
  port: number,
  where: string,
  timeoutMs: number,
  signal: Signal,
): Promise<Socket> => {
  signal.throwIfAborted();
  const first = addresses[0];
  if (first === undefined) throw failure('name-not-resolved', where);
  const socket = connect({
    host: first.address,
    port,
    noDelay: true,
    ...(addresses.length > 1
      ? {
          host: where,
          autoSelectFamily: true,
          lookup: (
            _name: string,
            _options: unknown,
            done: (error: null, found: { address: string; family: number }[]) => void,
          ) => done(null, [...addresses]),
        }
      : {}),
  });
  try {
    await until(
      new Promise<void>((resolve, reject) => {
        const timer = setTimeout(
          () => reject(failure('connect-timed-out', where, { detail: `${timeoutMs} ms` })),
          timeoutMs,
        );
        socket.once('connect', () => {
          clearTimeout(timer);
          resolve();
        });
        socket.on('error', (error) => {
          clearTimeout(timer);
          reject(connectFailure(error, where));
        });
        signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
      }),
      signal,
    );
    gatherWrites(socket);
    return socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
};

/**
 * What is written in one turn of the loop, promises that it settles included, leaves in one packet. ssh2 writes every SSH message in three pieces (length,
 * ciphertext, tag), and without Nagle's delay each would be a system call here, a segment on the wire and a wake-up there.
 */
export const gatherWrites = (socket: Socket): void => {
  const write = socket.write.bind(socket) as (...parts: unknown[]) => boolean;
  const uncork = (): void => socket.uncork();
  const afterPromises = (): void => queueMicrotask(() => process.nextTick(uncork));
  socket.write = (...parts: unknown[]): boolean => {
    if (socket.writableCorked === 0) {
      socket.cork();
      process.nextTick(afterPromises);
    }
    return write(...parts);
  };
};

/** Both steps, the phase told as they go. */
export const dial = async (
  target: { address: string; port: number },
  where: string,
  timeoutMs: number,
  phase: PhaseHolder,
  signal: Signal,
): Promise<Socket> => {
  phase.phase = 'resolving the name';
  const resolved = await resolveName(target.address, where, signal);
  phase.phase = 'connecting';
  return connectTcp(resolved, target.port, where, timeoutMs, signal);
};
