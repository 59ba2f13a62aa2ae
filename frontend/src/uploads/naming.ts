import { Store } from '../viewer/store';
import { caseOf } from './caseRule';

const RULE_KEY = 'sonoloop.case-rule';

/** What the next files are called on this site. The case may name a patient: in memory alone. */
export const naming = new Store<{ case: string; rule: string }>({
  case: '',
  rule: typeof localStorage === 'undefined' ? '' : (localStorage.getItem(RULE_KEY) ?? ''),
});

export function setRule(rule: string): void {
  naming.set({ rule });
  if (rule.trim()) localStorage.setItem(RULE_KEY, rule);
  else localStorage.removeItem(RULE_KEY);
}

/** The case of a file: the one that a person typed, else what the rule reads out of its name. */
export const caseFor = (fileName: string): string | null =>
  naming.get().case.trim() || caseOf(naming.get().rule, fileName);
