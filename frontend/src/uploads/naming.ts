import { currentProject, onProject } from '../api/project';
import { Store } from '../viewer/store';
import { caseOf } from './caseRule';

const RULE_KEY = 'sonoloop.case-rule';

/** Files of two projects come from different devices, which name them differently. */
const ruleKey = () => {
  const project = currentProject();
  return project ? `${RULE_KEY}.${project}` : RULE_KEY;
};

const storedRule = (): string =>
  typeof localStorage === 'undefined' ? '' : (localStorage.getItem(ruleKey()) ?? '');

/** The naming of the next files in this project. The case may name a patient: memory only. */
export const naming = new Store<{ case: string; rule: string }>({ case: '', rule: storedRule() });

// A case of one project does not identify a patient of another.
onProject(() => naming.set({ case: '', rule: storedRule() }));

export function setRule(rule: string): void {
  naming.set({ rule });
  if (rule.trim()) localStorage.setItem(ruleKey(), rule);
  else localStorage.removeItem(ruleKey());
}

/**
 * The case of a file: the typed one, else the one that the rule extracts from its name and the
 * folders it was dropped with.
 */
export const caseFor = (path: string): string | null =>
  naming.get().case.trim() || caseOf(naming.get().rule, path);
