/** Reads the answer to the sysctl script: every value, and for each key the files that set it at boot, in the order applied. */
import { failed, ok, type Reading, type SysctlValues } from './snapshot.js';
import { dottedName, normalizedName, SYSCTL_FOLDERS, todaysName } from './sysctl-names.js';
import { isPattern, matchPatterns } from './sysctl-patterns.js';
import type { SysctlFacts } from './sysctl-query.js';
import { cutSections } from './transcript.js';
import { clipped, isPlainText, sectionNamed, words } from './transcript-words.js';

export interface BootLine {
  file: string;
  value: string;
}

export interface SysctlTranscript {
  /** by today's name, blanks folded to one space */
  values: Reading<SysctlValues>;
  /** today's name → the name that this host uses, where they differ */
  printedNames: Readonly<Record<string, string>>;
  /** by today's name: the lines that set it at boot in the order in which they are applied; the last one wins */
  boot: Reading<Readonly<Record<string, readonly BootLine[]>>>;
  /** keys that this account may not read, dotted; and files of boot settings that it may not */
  unreadable: readonly string[];
  /** `uname -r` */
  kernelRelease: Reading<string>;
}

const KEYS_MAX = 50_000;
const VALUE_CHARACTERS_MAX = 4096;
const LINE_CHARACTERS_MAX = 5000;
/** No setting of the kernel has so many lines: one with more is a host's invention and no value, not the beginning of one. */
const LINES_OF_A_SETTING_MAX = 64;
/** Lines that set one key at boot, the last applied of them: who reads them wants to know which one wins. */
const BOOT_LINES_OF_A_KEY_MAX = 64;
const SETTING = /^-?[ \t]{0,8}([A-Za-z][A-Za-z0-9_@:+,.*?/[\]-]{0,200})[ \t]*=(.{0,4600})$/;

const folded = (text: string): string => words(text).join(' ');

/** Paths with their lines: a few settings have several. Of too many one more is kept than may be, which tells that they are. */
const linesByPath = (lines: readonly string[]): Map<string, string[]> => {
  const found = new Map<string, string[]>();
  for (const line of lines) {
    // A colon may stand in a path too (an interface alias, eth0:1): the value begins after the last segment's.
    const match = /^(\/proc\/sys\/(?:[^/]+\/)*[^/:]+):(.*)$/.exec(line);
    const path = match?.[1];
    if (path === undefined) continue;
    const told = found.get(path);
    if (told === undefined) {
      if (found.size < KEYS_MAX) found.set(path, [match?.[2] ?? '']);
    } else if (told.length <= LINES_OF_A_SETTING_MAX) told.push(match?.[2] ?? '');
  }
  return found;
};

const readValues = (lines: readonly string[]): { values: Map<string, string>; printed: Map<string, string> } => {
  const values = new Map<string, string>();
  const printed = new Map<string, string>();
  for (const [path, told] of linesByPath(lines)) {
    if (told.length > LINES_OF_A_SETTING_MAX) continue;
    const name = dottedName(path);
    const value = folded(told.join(' '));
    if (name === undefined || value.length > VALUE_CHARACTERS_MAX || !isPlainText(value)) continue;
    const today = todaysName(name);
    // Today's own name wins over an older one of the same thing, whichever comes first.
    if (today !== name && values.has(today)) continue;
    values.set(today, value);
    if (today === name) printed.delete(today);
    else printed.set(today, name);
  }
  return { values, printed };
};

interface BootFile {
  path: string;
  folder: string;
  name: string;
  target: string;
  lines: string[];
}

/** The files as they are applied: of one name only that of the first folder, by name; see sysctl.d(5) and sysctl(8). */
const filesInOrder = (files: readonly BootFile[], systemd: boolean): BootFile[] => {
  const rank = (file: BootFile): number => SYSCTL_FOLDERS.indexOf(file.folder);
  const chosen = new Map<string, BootFile>();
  for (const file of files) {
    const other = chosen.get(file.name);
    if (rank(file) >= 0 && (other === undefined || rank(file) < rank(other))) chosen.set(file.name, file);
  }
  const ordered = [...chosen.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  // systemd-sysctl reads /etc/sysctl.conf only through a link in a folder; `sysctl --system` of procps reads it last.
  const main = files.find(({ path }) => path === '/etc/sysctl.conf');
  if (main === undefined || systemd) return ordered;
  return [...ordered.filter(({ target }) => target !== main.target), main];
};

const readBoot = (
  lines: readonly string[],
  known: ReadonlyMap<string, string>,
): { boot: Record<string, BootLine[]>; closed: string[] } => {
  const files: BootFile[] = [];
  const closed: string[] = [];
  let systemd = false;
  for (const line of lines) {
    const [mark, path = '', target = path] = line.split(' ');
    if (mark === '@file' && path.startsWith('/')) {
      const cut = path.lastIndexOf('/');
      files.push({ path: clipped(path), folder: path.slice(0, cut), name: path.slice(cut + 1), target, lines: [] });
    } else if (mark === '@closed') closed.push(clipped(path));
    else if (mark === '@systemd') systemd = true;
    else files.at(-1)?.lines.push(line);
  }
  const settings = filesInOrder(files, systemd).flatMap((file) =>
    file.lines.flatMap((line) => {
      // Trimmed first: blanks without end must not cost the square of their number.
      const match = SETTING.exec(line.trim().slice(0, LINE_CHARACTERS_MAX));
      const value = folded(match?.[2] ?? '');
      // What a link stands for is named: people edit the file, not the link.
      const shown = file.target === '/etc/sysctl.conf' ? '/etc/sysctl.conf' : file.path;
      return match === null || !isPlainText(value) ? [] : [{ key: normalizedName(match[1] ?? ''), value, file: shown }];
    }),
  );
  // The last line first: it wins, and where there are too many it is there.
  const boot = new Map<string, BootLine[]>();
  const set = (key: string, line: BootLine): void => {
    const lines = boot.get(key);
    if (lines === undefined) boot.set(key, [line]);
    else if (lines.length < BOOT_LINES_OF_A_KEY_MAX) lines.push(line);
  };
  for (const { key, ...line } of settings.toReversed()) if (!isPattern(key)) set(todaysName(key), line);
  // A pattern sets what it matches, except keys that are named outright somewhere (sysctl.d(5)).
  const patterns = settings.filter(({ key }) => isPattern(key));
  const others = [...known.keys()].filter((name) => !boot.has(name));
  matchPatterns(patterns, others, (name, { key: _, ...line }) => set(name, line));
  for (const lines of boot.values()) lines.reverse();
  return { boot: Object.fromEntries(boot), closed };
};

/** Never throws; what is missing or cut off makes failed readings with their reasons. */
export const parseSysctlTranscript = (text: string): SysctlTranscript => {
  const { sections, complete } = cutSections(text);
  const because = complete ? '' : ': the answer was cut off';
  const meta = sectionNamed(sections, 'sysctl_meta');
  const section = sectionNamed(sections, 'values');
  const bootSection = sectionNamed(sections, 'boot');
  const { values, printed } = readValues(section?.lines ?? []);
  const { boot, closed } = readBoot(bootSection?.lines ?? [], values);
  const release = meta?.lines.find((line) => line.startsWith('/proc/sys/kernel/osrelease:'))?.split(':')[1];
  const unreadable = (sectionNamed(sections, 'unreadable')?.lines ?? []).flatMap((line) => dottedName(line) ?? []);
  return {
    values:
      values.size === 0
        ? failed(`no setting could be read from /proc/sys/net${because}`)
        : ok(Object.fromEntries(values)),
    printedNames: Object.fromEntries(printed),
    boot: bootSection === undefined ? failed(`the files that set sysctls at boot were not read${because}`) : ok(boot),
    unreadable: [...unreadable, ...closed],
    kernelRelease:
      release === undefined ? failed(`/proc/sys/kernel/osrelease could not be read${because}`) : ok(clipped(release)),
  };
};

/** The same as facts for the questions that people ask: what could not be read is absent. */
export const parseSysctls = (text: string): SysctlFacts => {
  const { values, boot, kernelRelease } = parseSysctlTranscript(text);
  return {
    values: values.status === 'ok' ? values.value : {},
    ...(boot.status === 'ok' && { boot: boot.value }),
    ...(kernelRelease.status === 'ok' && { kernelRelease: kernelRelease.value }),
  };
};
