/** Text, options, confirm dialogs and image sources: the parts that blocks and elements are made of. */
import { boolean, both, byType, type Check, listOf, oneOf, rule, shape, string, url } from './check.js';

const type: Check = string(255, 1);

export const plainText = (max: number, min = 1): Check =>
  shape({ type: oneOf('plain_text'), text: string(max, min) }, { emoji: boolean });

export const mrkdwn = (max: number): Check =>
  shape({ type: oneOf('mrkdwn'), text: string(max, 1) }, { verbatim: boolean });

/** Either kind of text object. Slack's own bound for a text object is 3000. */
export const text = (max = 3000): Check => byType({ plain_text: plainText(max), mrkdwn: mrkdwn(max) }, 'text object');

export const style: Check = oneOf('primary', 'danger');

export const confirm: Check = shape(
  { text: text(300) },
  { title: plainText(100), confirm: plainText(30), deny: plainText(30), style },
);

const optionWith = (label: Check): Check =>
  shape({ text: label, value: string(75, 1) }, { description: text(75), url: url(3000) });
export const plainOption: Check = optionWith(plainText(75));
/** of radio buttons and checkboxes, which take mrkdwn too */
export const option: Check = optionWith(text(75));

export const optionGroup: Check = shape({ label: plainText(75), options: listOf(plainOption, { min: 1, max: 100 }) });

const slackFile: Check = both(
  shape({}, { id: string(255, 1), url: url(3000) }),
  rule(({ id, url: address }) => (id === undefined) !== (address === undefined), 'needs either id or url'),
);

export const imageSource = { image_url: url(3000), slack_file: slackFile };
export const oneImageSource: Check = rule(
  ({ image_url, slack_file }) => (image_url === undefined) !== (slack_file === undefined),
  'needs either image_url or slack_file',
);

export const imageElement: Check = both(
  shape(
    { type, alt_text: string(2000, 1) },
    { ...imageSource, image_width: () => undefined, image_height: () => undefined },
  ),
  oneImageSource,
);
