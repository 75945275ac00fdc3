/** Recorded transcripts of real hosts, played again as if they were measured now. */
import { readdirSync, readFileSync } from 'node:fs';

const FOLDER = new URL('./recordings/', import.meta.url);

/** Hosts of the lab that are recordings, by name. The names tell nothing of what is wrong with them. */
export const recordedHosts = (): string[] =>
  readdirSync(FOLDER)
    .filter((file) => file.endsWith('.txt') && !file.endsWith('.sysctls.txt'))
    .map((file) => file.slice(0, -'.txt'.length))
    .sort();

export const readRecording = (host: string): string => readFileSync(new URL(`${host}.txt`, FOLDER), 'utf8');

/**
 * The recording as an answer of now: under the host's name, with the host's uptime gone on by `elapsedSeconds`, so that
 * two measurements are not taken for one. Counters stay as they were recorded.
 */
export const replayState = (recording: string, host: string, elapsedSeconds: number): string =>
  recording
    .replace(/( host=)\S+/, `$1${host}`)
    .replace(
      /^(\/proc\/uptime:)(\d+\.\d+)/gm,
      (_, path: string, uptime: string) => `${path}${(Number(uptime) + elapsedSeconds).toFixed(2)}`,
    );

/** What the host answered to the sysctl script, recorded at the same time. */
export const recordedSysctls = (host: string): string => readFileSync(new URL(`${host}.sysctls.txt`, FOLDER), 'utf8');
