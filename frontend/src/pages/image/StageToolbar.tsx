import { ActionIcon, Tooltip } from '@mantine/core';
import {
  IconArrowLeft,
  IconChevronLeft,
  IconChevronRight,
  IconEye,
  IconEyeOff,
  IconMaximize,
  IconMinus,
  IconPlus,
} from '@tabler/icons-react';
import type { ReactNode, RefObject } from 'react';
import type { Stage } from '../../viewer/stage';
import classes from './StageToolbar.module.css';
import type { Neighbours } from './useNeighbours';
import { setOverlay, useViewer } from './viewerStore';

interface Props {
  stage: RefObject<Stage | null>;
  name: string;
  neighbours: Neighbours;
  onOpen: (id: string | null) => void;
  onClose: () => void;
}

export function StageToolbar({ stage, name, neighbours, onOpen, onClose }: Props) {
  const percent = useViewer((state) => Math.round(state.view.scale * 100));
  const fitted = useViewer((state) => state.fitted);
  const shown = useViewer((state) => state.overlay.shown);
  const { place, totalText, previous, next } = neighbours;
  return (
    <div className={classes.root}>
      <Tool label="Back to the worklist (Esc)" onClick={onClose}>
        <IconArrowLeft size={18} stroke={1.7} />
      </Tool>
      <h1 className={classes.name}>{name}</h1>
      <div className={classes.walk}>
        <Tool label="Previous image (←)" disabled={!previous} onClick={() => onOpen(previous)}>
          <IconChevronLeft size={18} stroke={1.7} />
        </Tool>
        <span className={classes.place} role="status">
          {place === null ? '–' : `${place.toLocaleString('en')} of ${totalText}`}
        </span>
        <Tool label="Next image (→)" disabled={!next} onClick={() => onOpen(next)}>
          <IconChevronRight size={18} stroke={1.7} />
        </Tool>
      </div>
      <div className={classes.zoom}>
        <Tool
          label={shown ? 'Hide the overlay (o)' : 'Show the overlay (o)'}
          pressed={shown}
          onClick={() => setOverlay({ shown: !shown })}
        >
          {shown ? <IconEye size={18} stroke={1.7} /> : <IconEyeOff size={18} stroke={1.7} />}
        </Tool>
        <i className={classes.divider} />
        <Tool label="Smaller (−)" onClick={() => stage.current?.camera.zoom(1 / 1.25)}>
          <IconMinus size={17} stroke={1.7} />
        </Tool>
        <Tooltip label="One image pixel per screen pixel (1)">
          <button
            type="button"
            className={classes.percent}
            onClick={() => stage.current?.camera.actualSize()}
            aria-label={`Zoom ${percent} %; set to one to one`}
          >
            {percent} %
          </button>
        </Tooltip>
        <Tool label="Larger (+)" onClick={() => stage.current?.camera.zoom(1.25)}>
          <IconPlus size={17} stroke={1.7} />
        </Tool>
        <Tool label="Fit (0)" pressed={fitted} onClick={() => stage.current?.camera.fit()}>
          <IconMaximize size={17} stroke={1.7} />
        </Tool>
      </div>
    </div>
  );
}

function Tool(props: {
  label: string;
  onClick: () => void;
  disabled?: boolean;
  pressed?: boolean;
  children: ReactNode;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        aria-label={props.label.replace(/ \([^)]*\)$/, '')}
        aria-pressed={props.pressed}
        disabled={props.disabled ?? false}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
