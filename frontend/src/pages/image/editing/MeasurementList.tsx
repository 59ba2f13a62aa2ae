import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import { IconRuler2, IconX } from '@tabler/icons-react';
import { Tooltip } from '../../../components/Tooltip';
import { useEditorState } from '../../../editing/useEditorState';
import {
  commands,
  type Editor,
  greyText,
  greyWithin,
  MEASUREMENT_NAMES,
  type Measurement,
  measurementText,
} from '../../../editor';
import { comma } from '../../../language/language';
import classes from './MeasurementList.module.css';
import { toolEntry } from './toolset';

const NONE: readonly Measurement[] = [];

export function useMeasurements(editor: Editor | null): readonly Measurement[] {
  return useEditorState(editor, (state) => state.measurements, NONE);
}

/** Manual measurements, which are saved with the drawing. */
export function MeasurementList({ editor, readOnly }: { editor: Editor; readOnly: boolean }) {
  const measurements = useMeasurements(editor);
  return (
    <>
      <ul className={classes.list}>
        {measurements.map((one) => {
          const Icon = toolEntry(one.kind)?.icon ?? IconRuler2;
          const grey = greyWithin(editor.frame, one);
          const name = `${MEASUREMENT_NAMES[one.kind]} ${one.id}`;
          return (
            <li key={one.id} className={classes.row}>
              <Icon className={classes.icon} size={17} stroke={1.6} aria-hidden="true" />
              <span className={classes.name}>{name}</span>
              <span className={classes.lengths}>
                {[measurementText(one), ...(grey ? [greyText(grey)] : [])].join(comma())}
              </span>
              {readOnly ? null : (
                <Tooltip label={t`Remove`}>
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={32}
                    aria-label={t`Remove ${name}`}
                    onClick={() => commands.removeMeasurement(editor, one.id)}
                  >
                    <IconX size={16} stroke={1.6} />
                  </ActionIcon>
                </Tooltip>
              )}
            </li>
          );
        })}
      </ul>
      {measurements.length > 1 && !readOnly ? (
        <Button
          className={classes.all}
          size="compact-xs"
          variant="subtle"
          color="gray"
          onClick={() => commands.clearMeasurements(editor)}
        >
          <Trans>Remove all</Trans>
        </Button>
      ) : null}
    </>
  );
}
