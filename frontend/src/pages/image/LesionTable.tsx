import { UnstyledButton } from '@mantine/core';
import type { RefObject } from 'react';
import type { Lesion } from '../../api/types';
import { lesionColour } from '../../viewer/lesions';
import type { Stage } from '../../viewer/stage';
import classes from './LesionTable.module.css';
import { areaText, axesText, probabilityText } from './measure';
import { useViewer, viewerStore } from './viewerStore';

interface Props {
  lesions: readonly Lesion[];
  stage: RefObject<Stage | null>;
}

export function LesionTable({ lesions, stage }: Props) {
  const hovered = useViewer((state) => state.hovered);
  const selected = useViewer((state) => state.selected);
  const calibrated = lesions.every((lesion) => lesion.long_axis_mm !== null);

  const select = (lesion: Lesion) => {
    const again = viewerStore.get().selected === lesion.label;
    viewerStore.set({ selected: again ? null : lesion.label });
    if (!again) stage.current?.camera.reveal(lesion.box);
  };

  return (
    <>
      <table className={classes.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className={classes.hidden}>Lesion</span>
            </th>
            <th scope="col">Long × short axis</th>
            <th scope="col">Area</th>
            <th scope="col" title="Mean probability inside the outline">
              Prob.
            </th>
          </tr>
        </thead>
        <tbody>
          {lesions.map((lesion) => (
            <tr
              key={lesion.label}
              data-hovered={hovered === lesion.label}
              data-selected={selected === lesion.label}
              onMouseEnter={() => viewerStore.set({ hovered: lesion.label })}
              onMouseLeave={() => viewerStore.set({ hovered: null })}
              onClick={() => select(lesion)}
            >
              <th scope="row">
                <UnstyledButton
                  className={classes.label}
                  aria-label={`Lesion ${lesion.label}`}
                  aria-pressed={selected === lesion.label}
                  style={{ background: lesionColour(lesion.label) }}
                  onFocus={() => viewerStore.set({ hovered: lesion.label })}
                  onBlur={() => viewerStore.set({ hovered: null })}
                >
                  {lesion.label}
                </UnstyledButton>
              </th>
              <td className={classes.strong}>{axesText(lesion)}</td>
              <td>{areaText(lesion)}</td>
              <td>{probabilityText(lesion)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {calibrated ? null : (
        <p className={classes.note}>
          The file does not say how large a pixel is: sizes are in pixels, not millimetres.
        </p>
      )}
    </>
  );
}
