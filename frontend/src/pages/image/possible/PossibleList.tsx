import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { keyNameOf, useOwnKeys, withKey } from '../../../app/ownKeys';
import { Tooltip } from '../../../components/Tooltip';
import { percent } from '../answerSentence';
import { axesText } from '../measure';
import classes from './PossibleList.module.css';
import type { PossibleLesion } from './usePossible';

/**
 * Possible lesions that the model suggests without outlining them; the reader adds or ignores them.
 */
export function PossibleList({
  lesions,
  readOnly,
}: {
  lesions: readonly PossibleLesion[];
  readOnly: boolean;
}) {
  useOwnKeys();
  if (lesions.length === 0) return null;
  return (
    <ul className={classes.list} aria-label={t`Possible lesions, not outlined`}>
      {lesions.map(({ lesion, take }, index) => (
        <li key={lesion.label} className={classes.row}>
          <span className={classes.name}>
            <Trans>Possible lesion, not outlined</Trans>
          </span>
          {readOnly ? null : (
            <Tooltip
              label={withKey(t`Add as a lesion`, index === 0 ? keyNameOf('take-possible') : '')}
            >
              <Button className={classes.take} size="compact-sm" variant="default" onClick={take}>
                <Trans>Add</Trans>
              </Button>
            </Tooltip>
          )}
          <span className={classes.figures}>
            {lesion.probability == null ? null : t`${percent(lesion.probability)} likely · `}
            {axesText(lesion)}
          </span>
        </li>
      ))}
    </ul>
  );
}
