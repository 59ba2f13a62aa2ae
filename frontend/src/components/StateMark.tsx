import { t } from '@lingui/core/macro';
import type { WorkState } from '../api/workflowTypes';
import classes from './StateMark.module.css';

export const STATE_TEXT: Record<WorkState, string> = {
  unlabelled: t`Unlabelled`,
  predicted: t`Predicted`,
  'in-correction': t`In correction`,
  submitted: t`Submitted`,
  returned: t`Returned`,
  approved: t`Approved`,
};

/** The progress of an image, as a dot and a word. */
export function StateMark({ state }: { state: WorkState }) {
  return (
    <span className={classes.root} data-state={state}>
      {STATE_TEXT[state]}
    </span>
  );
}
