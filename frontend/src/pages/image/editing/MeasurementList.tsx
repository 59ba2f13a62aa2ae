import { ActionIcon, Button, Tooltip } from '@mantine/core';
import { IconRuler2, IconRulerMeasure, IconX } from '@tabler/icons-react';
import { commands, type Editor, type Line, type Measurement } from '../../../editor';
import classes from './MeasurementList.module.css';
import { useEditorState } from './useEditorState';

const NONE: readonly Measurement[] = [];

export function useMeasurements(editor: Editor | null): readonly Measurement[] {
  return useEditorState(editor, (state) => state.measurements, NONE);
}

/** The rulers and calipers of the drawing; they are saved with it. */
export function MeasurementList({ editor, readOnly }: { editor: Editor; readOnly: boolean }) {
  const measurements = useMeasurements(editor);
  return (
    <>
      <ul className={classes.list}>
        {measurements.map((one) => {
          const Icon = one.kind === 'ruler' ? IconRuler2 : IconRulerMeasure;
          const name = `${one.kind === 'ruler' ? 'Ruler' : 'Calipers'} ${one.id}`;
          return (
            <li key={one.id} className={classes.row}>
              <Icon className={classes.icon} size={17} stroke={1.6} aria-hidden="true" />
              <span className={classes.name}>{name}</span>
              <span className={classes.lengths}>{lengthsText(one.lines)}</span>
              {readOnly ? null : (
                <Tooltip label="Remove">
                  <ActionIcon
                    variant="subtle"
                    color="gray"
                    size={32}
                    aria-label={`Remove ${name}`}
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
          Remove all
        </Button>
      ) : null}
    </>
  );
}

/** "15.2 × 8.0 mm"; in px, as everywhere in the panel, while the spacing is unknown. */
function lengthsText(lines: readonly Line[]): string {
  const known = lines.every((line) => line.mm !== null);
  const figures = lines.map((line) => (known ? (line.mm ?? 0).toFixed(1) : line.px.toFixed(0)));
  return `${figures.join(' × ')} ${known ? 'mm' : 'px'}`;
}
