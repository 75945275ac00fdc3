/** What a run reached: ratios within it, its largest fleet, and nothing of what it did not measure. */
import { expect, test } from '@jest/globals';
import type { BenchResult, Measured } from '../../bench/main.js';
import { targets, targetTable } from '../../bench/targets.js';

const took = (wallMs: number, cpuMs = 0, idleMb?: number): Measured => ({
  wallMs,
  cpuMs,
  rounds: 3,
  ...(idleMb === undefined ? {} : { idleMb }),
});

const fleets: BenchResult['fleets'] = {
  cheap: {
    50: { 'tcpstates, cold': took(900, 900), 'xargs ssh, cold': took(900) },
    1000: {
      'tcpstates, cold': took(2_000, 2_400),
      'xargs ssh, cold': took(9_000),
      'pdsh, cold': took(9_000),
      'tcpstates, warm, a session each': took(300),
      'OpenSSH ControlMaster, warm, a session each': took(3_000),
    },
  },
  sshd: {
    1: { 'tcpstates, cold': took(50), 'xargs ssh, cold': took(150) },
    1000: {
      'tcpstates, warm, a session each': took(2_000, 0, 120),
      'tcpstates, warm, counts alone, kept session': took(300),
      'OpenSSH ControlMaster, warm, a session each': took(6_000, 0, 1_274),
      'OpenSSH ControlMaster, warm, counts alone': took(6_000),
    },
  },
};

test('each by its own measure, reached or not', () => {
  const short = targets({ fleets }).map(({ work, measured, reached }) => [work, measured, reached]);
  expect(short).toEqual([
    ['cold, 1000 hosts, against xargs ssh', '4.5×', true],
    ['cold, 1000 hosts, against pdsh', '4.5×', false],
    ['cold, one host, against ssh', '3.0×', true],
    ['CPU a cold host, 1000 hosts', '2.40 ms', true],
    ['warm, 1000 hosts elsewhere, against ControlMaster, a session each', '10.0×', true],
    ['warm, 1000 hosts on this machine, against ControlMaster, a session each', '3.0×', true],
    ['warm, 1000 hosts on this machine, against ControlMaster, kept session, counts alone', '20.0×', false],
    ["memory of 1000 idle connections, of ControlMaster's", '0.09', true],
  ]);
});

test('a run that measured nothing claims nothing', () => {
  expect(targets({ fleets: { cheap: {}, sshd: {} } })).toEqual([]);
});

test('what is asked of 1,000 hosts is neither reached nor missed with fewer', () => {
  const small = targets({
    fleets: { cheap: { 50: fleets.cheap['50'] ?? {} }, sshd: { 1: fleets.sshd['1'] ?? {} } },
  });
  expect(small.map(({ work, reached }) => [work, reached])).toEqual([
    ['cold, 50 hosts, against xargs ssh', undefined],
    ['cold, one host, against ssh', true],
    ['CPU a cold host, 50 hosts', undefined],
  ]);
  expect(targetTable(small)).toContain(
    '| cold, 50 hosts, against xargs ssh | ≥ 4× | 1.0× | asked of 1000 hosts: --full |',
  );
});
