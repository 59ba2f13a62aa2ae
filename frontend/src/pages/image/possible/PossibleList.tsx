import { Button, Tooltip } from '@mantine/core';
import { percent } from '../answerSentence';
import { axesText } from '../measure';
import classes from './PossibleList.module.css';
import type { PossibleLesion } from './usePossible';

export const TAKE_KEY = '5';

/** What the model offers without outlining it: the reader takes it, or leaves it alone. */
export function PossibleList({
  lesions,
  readOnly,
}: {
  lesions: readonly PossibleLesion[];
  readOnly: boolean;
}) {
  if (lesions.length === 0) return null;
  return (
    <ul className={classes.list} aria-label="Possible lesions, not outlined">
      {lesions.map(({ lesion, take }, index) => (
        <li key={lesion.label} className={classes.row}>
          <span className={classes.name}>Possible lesion, not outlined</span>
          {readOnly ? null : (
            <Tooltip label={index === 0 ? `Add as a lesion (${TAKE_KEY})` : 'Add as a lesion'}>
              <Button className={classes.take} size="compact-sm" variant="default" onClick={take}>
                Add
              </Button>
            </Tooltip>
          )}
          <span className={classes.figures}>
            {lesion.probability == null ? null : `${percent(lesion.probability)} likely · `}
            {axesText(lesion)}
          </span>
        </li>
      ))}
    </ul>
  );
}
