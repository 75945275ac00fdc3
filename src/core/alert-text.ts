/**
 * Which registered hosts does an alert speak of? Alerts name a host by its name, its FQDN, its address, with a port or inside
 * a URL or a label (`instance="10.0.0.1:9100"`). Pure; the text is foreign: it is read once, left to right, and capped.
 */
import type { Host } from './inventory.js';

export interface NamedHost {
  host: Host;
  /** the words of the text that named it, as they stand there */
  as: string;
  by: 'name' | 'short name' | 'address';
}

export interface HostsInText {
  /** each once: first those that stand in the text itself, then those of its URLs, in the order in which they are named */
  named: readonly NamedHost[];
  /** what stands where a host should and is not registered (addresses, values of `instance=`), at most eight */
  unregistered: readonly string[];
}

const TEXT_MAX = 40_000;
const UNREGISTERED_MAX = 8;
const LINKS_MAX = 50;
const LINK_MAX = 2_000;
/** a host's name has at most 253 characters (RFC 1035) */
const WORD_MAX = 255;

/** Labels that are followed by a host in Prometheus, Alertmanager, PagerDuty, Grafana, Nagios and plain prose. */
const LABEL =
  /(?:instance|exported_instance|host|hosts|hostname|host_name|node|nodename|server|machine|fqdn|device|target|address|source|service_host)["'`*_]{0,3}\s{0,3}(?:=~?|:|\bis\b)?\s{0,3}["'`*_]{0,4}$/i;
const URL = /\bhttps?:\/\/[^\s<>"'|]{1,2000}/gi;
/** names, FQDNs, IPv4, `host:port`; or an IPv6 address, bracketed or not */
const WORD =
  /\[[0-9A-Fa-f:.]{2,45}\](?::\d{1,5})?|(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:.])|[A-Za-z0-9][A-Za-z0-9._-]*(?::\d{1,5}(?!\d))?/g;
const IPV4 = /^(?:\d{1,3}\.){3}\d{1,3}$/;
/** AWS names hosts by their address: ip-10-0-0-1.ec2.internal */
const AWS = /^ip-(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?:\.|$)/;

const isIpv4 = (word: string): boolean => IPV4.test(word) && word.split('.').every((part) => Number(part) <= 255);

/** The one spelling of an IPv6 address: eight groups without leading zeros. @returns undefined for what is none */
const ipv6 = (word: string): string | undefined => {
  const [head = '', tail, ...more] = word.toLowerCase().split('::');
  if (more.length > 0 || !word.includes(':') || !/^[0-9a-f:]+$/i.test(word)) return undefined;
  const groups = (text: string): string[] => (text === '' ? [] : text.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const missing = 8 - before.length - after.length;
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const all = [...before, ...Array.from({ length: tail === undefined ? 0 : missing }, () => '0'), ...after];
  return all.every((group) => /^[0-9a-f]{1,4}$/.test(group))
    ? all.map((group) => Number.parseInt(group, 16).toString(16)).join(':')
    : undefined;
};

const withoutPort = (word: string): { name: string; port?: number } => {
  const bracketed = /^\[(.+)\](?::(\d+))?$/.exec(word);
  if (bracketed?.[1] !== undefined)
    return { name: bracketed[1], ...(bracketed[2] === undefined ? {} : { port: Number(bracketed[2]) }) };
  if (ipv6(word) !== undefined) return { name: word };
  const at = word.lastIndexOf(':');
  return at > 0 ? { name: word.slice(0, at), port: Number(word.slice(at + 1)) } : { name: word };
};

/** A name that is also a word of English (`api`, `mail`) means a host only where a host is expected. */
const isPlainWord = (name: string): boolean => /^[A-Za-z]+$/.test(name);

/** Names and addresses → hosts. Made once for a text; 10,000 hosts take some 20 ms. */
const indexOf = (hosts: Iterable<Host>) => {
  const names = new Map<string, Host>();
  const addresses = new Map<string, Host[]>();
  /** first label of a registered FQDN → its hosts */
  const shorts = new Map<string, Host[]>();
  const add = (map: Map<string, Host[]>, key: string, host: Host): void => {
    const known = map.get(key);
    if (known === undefined) map.set(key, [host]);
    else if (!known.includes(host)) known.push(host);
  };
  for (const host of hosts) {
    names.set(host.name.toLowerCase(), host);
    const address = host.address.toLowerCase().replace(/\.$/, '');
    add(addresses, ipv6(address) ?? address, host);
    for (const fqdn of [host.name.toLowerCase(), address])
      if (fqdn.includes('.') && !isIpv4(fqdn) && ipv6(fqdn) === undefined) add(shorts, fqdn.split('.')[0] ?? '', host);
  }
  return { names, addresses, shorts };
};
type Index = ReturnType<typeof indexOf>;

/** An address that several hosts share (jump setups, port forwards) says which only together with its port. */
const byAddress = (found: readonly Host[] | undefined, port: number | undefined): Host | undefined =>
  found?.length === 1 ? found[0] : found?.find((host) => port !== undefined && host.port === port);

const lookUp = (index: Index, word: string): Pick<NamedHost, 'host' | 'by'> | undefined => {
  const { name: written, port } = withoutPort(word);
  const name = written.toLowerCase().replace(/[.:_-]+$/, '');
  if (name === '' || name.length > WORD_MAX) return undefined;
  const exact = index.names.get(name);
  if (exact !== undefined) return { host: exact, by: 'name' };
  const aws = AWS.exec(name);
  const address = aws === null ? (ipv6(name) ?? name) : aws.slice(1, 5).join('.');
  const host = byAddress(index.addresses.get(address), port);
  if (host !== undefined) return { host, by: 'address' };
  if (isIpv4(name)) return undefined;
  // `web-1.prod.example.com` for a host registered as `web-1`, unless its own address says that it is another one.
  const labels = name.split('.');
  for (let length = labels.length - 1; length > 0; length--) {
    const short = index.names.get(labels.slice(0, length).join('.'));
    if (short === undefined) continue;
    const own = short.address.toLowerCase();
    const elsewhere = own.includes('.') && !isIpv4(own) && own.split('.')[0] === labels[0] && own !== name;
    return elsewhere ? undefined : { host: short, by: 'short name' };
  }
  const full = labels.length === 1 ? index.shorts.get(name) : undefined;
  return full?.length === 1 && full[0] !== undefined ? { host: full[0], by: 'short name' } : undefined;
};

/** `%3A` and the like, as monitoring puts labels into the addresses of its pages; Grafana's panels encode theirs twice. */
const decoded = (url: string): string => {
  let text = url.replaceAll('+', ' ');
  for (let times = 0; times < 2 && /%[0-9A-Fa-f]{2}/.test(text); times++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      return text;
    }
  }
  return text;
};

/** What a link leads to, and what it says about it: a host of its own, then path, query and fragment. */
const parted = (url: string): { authority: string; rest: string } => {
  const end = url.slice(8).search(/[/?#]/);
  return end < 0 ? { authority: url, rest: '' } : { authority: url.slice(0, end + 8), rest: url.slice(end + 8) };
};

/**
 * @param text all words of a message, its blocks and attachments
 * @param hosts those that the reader may see: no answer tells of others
 * @param links where the message's links lead, as far as a label stands in their place. Their query says which host an alert is
 * about; the machine that the page itself comes from is most often the monitoring, and counts only where nothing else names one.
 */
export const hostsInText = (text: string, hosts: Iterable<Host>, links: readonly string[] = []): HostsInText => {
  const index = indexOf(hosts);
  const named = new Map<string, NamedHost>();
  const unregistered = new Set<string>();
  const read = (part: string, of: 'text' | 'authority' | 'query', isLink = false): void => {
    for (const match of part.matchAll(WORD)) {
      const [word] = match;
      if (word.length > WORD_MAX) continue;
      const before = part.slice(Math.max(0, match.index - 40), match.index);
      const labelled = LABEL.test(before);
      const found = lookUp(index, word);
      if (found !== undefined) {
        const quoted = /[`"']$/.test(before) && /^[`"']/.test(part.slice(match.index + word.length));
        const { host, by } = found;
        if (
          by === 'name' &&
          isPlainWord(host.name) &&
          !(labelled || quoted || of === 'authority' || /:\d+$/.test(word))
        )
          continue;
        if (!named.has(host.name)) named.set(host.name, { host, as: word, by });
        continue;
      }
      const { name } = withoutPort(word);
      if (isLink) continue;
      // A network is no host.
      const network = /^\/(?!32\b)\d{1,2}\b/.test(part.slice(match.index + word.length));
      const hostLike = isIpv4(name) || (labelled && of === 'text' && /[.\d]/.test(name) && !/^[\d.]+$/.test(name));
      if (hostLike && !network && unregistered.size < UNREGISTERED_MAX) unregistered.add(name);
    }
  };
  const capped = text.slice(0, TEXT_MAX);
  const urls: string[] = [];
  const plain = capped.replace(URL, (url) => {
    urls.push(url);
    return ' ';
  });
  read(plain, 'text');
  for (const url of urls) {
    const { authority, rest } = parted(url);
    read(authority, 'authority');
    // `/api/` in a path is no host called `api`; `host=api` is one.
    read(decoded(rest), 'query');
  }
  const targets = links
    .filter((link) => /^https?:\/\//i.test(link))
    .slice(0, LINKS_MAX)
    .map((link) => parted(link.slice(0, LINK_MAX)));
  for (const { rest } of targets) read(decoded(rest), 'query', true);
  if (named.size === 0) for (const { authority } of targets) read(authority, 'authority', true);
  return { named: [...named.values()], unregistered: [...unregistered] };
};
