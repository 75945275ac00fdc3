/** What commands share: one host measured, and the message about it. */
import { hostFailedMessage, type LastKnown } from '../blocks/failure.js';
import { investigationMessage, verdictLine } from '../blocks/investigation.js';
import { measuringMessage } from '../blocks/measuring.js';
import type { Message } from '../blocks/message.js';
import { whyMessage } from '../blocks/why.js';
import type { AnswerOptions, Desk, Investigated, Measured } from '../command.js';
import type { Host } from '../core/inventory.js';

/** One message: measuring, then the answer. @param instead what stands there in place of the verdict */
export const measure = async (
  desk: Desk,
  host: Host,
  options: AnswerOptions,
  instead: (investigated: Investigated) => Message | undefined = () => undefined,
): Promise<void> => {
  const isPrivate = options.private === true;
  const known = lastKnown(desk, desk.last(host));
  const opening = measuringMessage({
    host,
    canCancel: !isPrivate,
    ...(isPrivate ? {} : { asker: desk.caller.userId }),
    ...(known === undefined ? {} : { lastKnown: known }),
  });
  await desk.answer(
    opening,
    async (_show, cancelled) => {
      const investigated = await desk.investigate(host, cancelled);
      return instead(investigated) ?? measuredMessage(desk, investigated, isPrivate);
    },
    options,
  );
};

/** The verdict on a host, or why there is none. */
export const measuredMessage = (desk: Desk, investigated: Investigated, isPrivate: boolean): Message => {
  const { host } = investigated;
  if (investigated.status === 'failed') {
    const known = lastKnown(desk, investigated.last);
    const { failure } = investigated;
    return hostFailedMessage({
      host,
      failure,
      private: isPrivate,
      ...(known === undefined ? {} : { lastKnown: known }),
    });
  }
  const { id, snapshot, diagnosis, previous } = investigated;
  return investigationMessage({
    host,
    snapshot,
    diagnosis,
    rules: desk.rules,
    measurement: id,
    private: isPrivate,
    canWatch: desk.watches !== undefined,
    ...(previous === undefined ? {} : { previous }),
    ...(isPrivate ? {} : { asker: desk.caller.userId }),
    ...(desk.changes === undefined ? {} : { offers: desk.changes.offers(host, diagnosis) }),
  });
};

const lastKnown = (desk: Desk, last: Measured | undefined): LastKnown | undefined =>
  last === undefined
    ? undefined
    : { verdict: verdictLine({ ...last, rules: desk.rules }), measuredAt: last.snapshot.measuredAt };

/** What `--why` and the button need to explain one rule on one host. */
export const whyOf = (desk: Desk, { host, diagnosis, snapshot }: Measured, ruleId: string, subject?: string) => {
  const rule = desk.rules.get(ruleId);
  const judged = diagnosis.findings.filter(({ id }) => id === ruleId);
  const finding = judged.find((it) => subject === undefined || it.subject === subject) ?? judged[0];
  if (rule === undefined || finding === undefined) return undefined;
  return { rule, host, finding, thresholds: desk.thresholds(host), measuredAt: snapshot.measuredAt };
};

/** @returns undefined where the rule was not judged there */
export const whyAnswer = (desk: Desk, measured: Measured, ruleId: string): Message | undefined => {
  const why = whyOf(desk, measured, ruleId);
  return why === undefined ? undefined : whyMessage(why);
};
