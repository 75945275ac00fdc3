/**
 * `*` stands for any run of characters, `?` for one, nothing else is special, and case counts: what match_pattern() of OpenSSH
 * does, and what selectors, keys of the policy and searches for keys mean by a pattern.
 */

/**
 * Iterative, with one place to come back to: a later `*` makes what an earlier one took irrelevant. So it takes at most
 * text × pattern steps. The same as a regular expression (`.*..*.`) tries every way to share the text among the stars, and a
 * pattern that somebody typed or a host printed would hold up the whole bot.
 * @param pattern a text; or place by place, where one may name several characters of which one is to stand there
 */
export const matchesGlob = (pattern: string | readonly string[], text: string): boolean => {
  let at = 0;
  let place = 0;
  let star = -1;
  let resume = 0;
  while (at < text.length) {
    const wanted = pattern[place];
    const found = text[at] ?? '';
    if (wanted === '*') {
      star = place++;
      resume = at;
    } else if (wanted !== undefined && (wanted === '?' || wanted === found || isOneOf(found, wanted))) {
      at += 1;
      place += 1;
    } else if (star >= 0) {
      at = ++resume;
      place = star + 1;
    } else return false;
  }
  while (pattern[place] === '*') place += 1;
  return place === pattern.length;
};

const isOneOf = (character: string, several: string): boolean => several.length > 1 && several.includes(character);
