import type { WorkState } from '../api/workflowTypes';
import classes from './StateMark.module.css';

export const STATE_TEXT: Record<WorkState, string> = {
  unlabelled: 'Unlabelled',
  predicted: 'Predicted',
  'in-correction': 'In correction',
  submitted: 'Submitted',
  returned: 'Returned',
  approved: 'Approved',
};

/** How far an image has come, as a dot and a word. */
export function StateMark({ state }: { state: WorkState }) {
  return (
    <span className={classes.root} data-state={state}>
      {STATE_TEXT[state]}
    </span>
  );
}
