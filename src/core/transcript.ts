/**
 * From a transcript to a snapshot. A transcript is text with `@@name arguments` lines; between two of them are the lines of one
 * section. Both forms are read for ever: `probe=1` (the tried prototype) and `probe=2` (this program's own), which has the same
 * sections and more.
 */
import type { Section } from './probe.js';
import { PROBES } from './probe-list.js';
import { failed, type ReadingName, type Readings, type Snapshot } from './snapshot.js';

const TRANSCRIPT_CHARACTERS_MAX = 8 * 1024 * 1024;
const LINES_MAX = 100_000;
const LINE_CHARACTERS_MAX = 64 * 1024;
const SECTION_LINE = /^@@([a-z][a-z_]{0,31})(?: (.{0,200}))?$/;

/**
 * Cuts a transcript at its section lines. Of an answer that was cut off (no `@@end`) the last section is left out: nobody
 * can tell how much of it is missing, and half a list of states would pass for zeros.
 */
export const cutSections = (text: string): { sections: readonly Section[]; complete: boolean; cutIn?: string } => {
  const sections: { name: string; arguments: string; lines: string[] }[] = [];
  let complete = false;
  // an editor may have put a byte order mark before the first line
  const lines = text
    .replace(/^\ufeff/, '')
    .slice(0, TRANSCRIPT_CHARACTERS_MAX)
    .split('\n', LINES_MAX);
  for (const raw of lines) {
    const line = raw.endsWith('\r') ? raw.slice(0, -1) : raw;
    if (line === '@@end') {
      complete = true;
      break;
    }
    const match = line.startsWith('@@') ? SECTION_LINE.exec(line) : null;
    if (match !== null) sections.push({ name: match[1] ?? '', arguments: (match[2] ?? '').trim(), lines: [] });
    else if (line.length <= LINE_CHARACTERS_MAX) sections.at(-1)?.lines.push(line);
  }
  const cutIn = complete ? undefined : sections.pop()?.name;
  return { sections, complete, ...(cutIn !== undefined && { cutIn }) };
};

/** A probe never throws; one that does all the same (a mistake of ours) costs its own reading and no other. */
const readingsOf = (sections: readonly Section[]): Readings => {
  const readings: Partial<Record<ReadingName, unknown>> = {};
  for (const name of Object.keys(PROBES) as ReadingName[]) {
    try {
      Object.assign(readings, PROBES[name].parse(sections));
    } catch {
      readings[name] = failed(
        `the answer to the probe ${PROBES[name].id} could not be read: that is a mistake in this program`,
      );
    }
  }
  return readings as Readings;
};

/**
 * Reads a transcript. Never throws: what is missing, mangled or cut off makes failed readings with their reasons.
 * @param text the transcript, UTF-8 decoded, up to 8 MiB
 * @param about host: the inventory's name; measuredAt: ISO 8601 UTC; tookMs: from the question to the last byte
 */
export const parseTranscript = (
  text: string,
  about: { host: string; measuredAt: string; tookMs: number },
): Snapshot => {
  const { sections, complete, cutIn } = cutSections(text);
  const readings = readingsOf(sections);
  if (!complete)
    for (const [name, reading] of Object.entries(readings))
      if (reading.status === 'failed' && reading.notAsked !== true)
        Object.assign(readings, {
          [name]: failed(`${reading.reason}; the answer was cut off${cutIn === undefined ? '' : ` in @@${cutIn}`}`),
        });
      // Whether a question was not put cannot be told from an answer that ended early.
      else if (reading.status === 'failed')
        Object.assign(readings, {
          [name]: failed(`the answer was cut off${cutIn === undefined ? '' : ` in @@${cutIn}`}`),
        });
  return { ...about, readings };
};
