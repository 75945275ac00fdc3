/** What a case of a rule is: a host, and what the rule must say of it. */
import type { Severity, Status } from '../../../src/core/finding.js';
import type { Thresholds } from '../../../src/core/rule.js';
import type { SnapshotBuilder } from '../../support/snapshot-builder.js';

export interface Case {
  name: string;
  given: SnapshotBuilder;
  /** the measurement before it */
  previous?: SnapshotBuilder;
  thresholds?: Thresholds;
  expect: {
    status: Status;
    severity?: Severity;
    confidence?: 'high' | 'medium' | 'low';
    subject?: string;
    /** of an inconclusive finding: whether the host should have been able to answer */
    gap?: boolean;
    causedBy?: readonly string[];
    /** all remedies, in order: `key from -> to` */
    remedies?: readonly string[];
    /** words that the advice must hold */
    advises?: string;
    /** words that a requirement of a remedy must hold */
    requires?: string;
    /** words that what is missing must hold */
    missing?: string;
    /** all ids that come to present, in order: for hosts with more than one thing wrong */
    present?: readonly string[];
  };
}
