import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReaderState, ReadingState } from '../api/workflowTypes';
import { initials } from './initials';
import classes from './Readers.module.css';
import { Tooltip } from './Tooltip';

export const READING_TEXT: Record<ReadingState, string> = {
  open: t`reading`,
  submitted: t`submitted`,
  returned: t`returned`,
  approved: t`approved`,
  superseded: t`superseded`,
};

const SHOWN = 3;

/** The readers of an image and their progress; people drawing right now come first. */
export function Readers({
  readers,
  editing,
}: {
  readers: readonly ReaderState[];
  editing: readonly string[];
}) {
  const others = editing.filter((name) => !readers.some((reader) => reader.name === name));
  return (
    <span className={classes.root}>
      {readers.slice(0, SHOWN).map((reader) => {
        const draws = editing.includes(reader.name);
        const text = `${reader.name}: ${draws ? t`editing now` : READING_TEXT[reader.state]}`;
        return (
          <Tooltip key={reader.id} label={text}>
            <span className={classes.person} data-state={reader.state} data-editing={draws}>
              <span aria-hidden="true">{initials(reader.name)}</span>
              <span className={classes.hidden}>{text}</span>
            </span>
          </Tooltip>
        );
      })}
      {readers.length > SHOWN ? (
        <span className={classes.more}>+{readers.length - SHOWN}</span>
      ) : null}
      {others.map((name) => (
        <Tooltip key={name} label={t`${name} is editing now`}>
          <span className={classes.person} data-editing="true">
            <span aria-hidden="true">{initials(name)}</span>
            <span className={classes.hidden}>
              <Trans>{name} is editing now</Trans>
            </span>
          </span>
        </Tooltip>
      ))}
    </span>
  );
}
