import { t } from '@lingui/core/macro';
import type { ExportOrder } from '../../api/workflowTypes';
import { SPLIT_TEXT } from '../../app/poolText';
import { STATE_TEXT } from '../../components/StateMark';
import { comma, currentLanguage, listed } from '../../language/language';

const day = new Intl.DateTimeFormat(currentLanguage(), {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
});

/** The parts of an order in a few words each; without people's names. */
export function orderFacts({ filters }: Pick<ExportOrder, 'filters'>): string[] {
  const facts: string[] = [];
  const { approved_from, approved_to, model, annotator_id, states, splits } = filters;
  if (approved_from) facts.push(t`from ${day.format(new Date(approved_from))}`);
  // The bound is the first excluded moment: the last included day is the day before.
  if (approved_to)
    facts.push(t`until ${day.format(new Date(new Date(approved_to).getTime() - 1))}`);
  if (model) facts.push(model.replace('@', ' '));
  if (annotator_id) facts.push(t`one person’s masks`);
  if (splits.length < 3) facts.push(listed(splits.map((split) => SPLIT_TEXT[split])));
  if (states.length !== 1 || states[0] !== 'approved') {
    facts.push(states.map((state) => STATE_TEXT[state]).join(comma()));
  }
  return facts.length > 0 ? facts : [t`the whole pool`];
}
