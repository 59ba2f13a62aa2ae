import { t } from '@lingui/core/macro';
// A rule that extracts the case from a file name, such as "US_{case}_*". It is not a regular
// expression and has no nested repetition, so no name can make it run for long.

/** Placeholder for the case in a rule. */
export const CASE = '{case}';

/** Maximum length of a rule. */
export const MAX_RULE = 100;

type Part = { kind: 'text'; text: string } | { kind: 'any' } | { kind: 'one' } | { kind: 'case' };

function partsOf(rule: string): Part[] {
  const parts: Part[] = [];
  for (const piece of rule.split(/(\{case\}|\*|\?)/)) {
    if (piece === '') continue;
    if (piece === CASE) parts.push({ kind: 'case' });
    else if (piece === '*') parts.push({ kind: 'any' });
    else if (piece === '?') parts.push({ kind: 'one' });
    else parts.push({ kind: 'text', text: piece.toLowerCase() });
  }
  return parts;
}

/** The error in a rule, for the person typing it; null if it is valid. */
export function ruleProblem(rule: string): string | null {
  if (!rule.trim()) return null;
  if (rule.length > MAX_RULE) return t`At most ${MAX_RULE} characters.`;
  const cases = rule.split(CASE).length - 1;
  if (cases !== 1) return t`Write ${CASE} once, where the case stands in the name.`;
  return null;
}

/**
 * The case that a rule extracts from a file name without its extension; null if the rule does not
 * match. A rule with slashes also covers as many parent folders: `{case}/*` takes the last folder.
 * `{case}` matches the shortest non-empty part, `*` the longest possible part, `?` one character;
 * upper and lower case are equal. Every pair of part and position is tried at most once.
 */
export function caseOf(rule: string, path: string): string | null {
  if (!rule.trim() || ruleProblem(rule)) return null;
  const names = path.split('/').slice(-rule.split('/').length);
  const name = names.join('/').replace(/\.[^.]{1,5}$/, '');
  const low = name.toLowerCase();
  const parts = partsOf(rule.trim());
  const dead = new Set<number>();
  const width = name.length + 1;
  let found: string | null = null;
  const fits = (part: number, at: number): boolean => {
    const key = part * width + at;
    if (dead.has(key)) return false;
    const here = parts[part];
    if (!here) {
      if (at === name.length) return true;
      dead.add(key);
      return false;
    }
    let good = false;
    if (here.kind === 'text') {
      good = low.startsWith(here.text, at) && fits(part + 1, at + here.text.length);
    } else if (here.kind === 'one') {
      good = at < name.length && fits(part + 1, at + 1);
    } else {
      const longest = name.length - at;
      for (let step = 0; step <= longest && !good; step += 1) {
        const end = here.kind === 'case' ? at + step : name.length - step;
        if (here.kind === 'case' && step === 0) continue;
        good = fits(part + 1, end);
        if (good && here.kind === 'case') found = name.slice(at, end);
      }
    }
    if (!good) dead.add(key);
    return good;
  };
  return fits(0, 0) ? (found as string | null)?.trim() || null : null;
}
