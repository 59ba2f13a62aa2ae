import { t } from '@lingui/core/macro';
import { ActionIcon, Button } from '@mantine/core';
import {
  IconArrowLeft,
  IconChevronLeft,
  IconChevronRight,
  IconLayoutSidebarRight,
} from '@tabler/icons-react';
import type { ReactNode } from 'react';
import type { WorkState } from '../../api/workflowTypes';
import { COMMANDS, type CommandId } from '../../app/commands';
import { keyNameOf, useOwnKeys, withKey } from '../../app/ownKeys';
import { StateMark } from '../../components/StateMark';
import { Tooltip } from '../../components/Tooltip';
import { currentLanguage } from '../../language/language';
import classes from './TopBar.module.css';
import type { Neighbours } from './useNeighbours';

interface Props {
  name: string;
  /** Work state of the image; null until known. */
  state: WorkState | null;
  neighbours: Neighbours;
  onOpen: (id: string | null) => void;
  onClose: () => void;
  panelOpened: boolean;
  /** A decision is pending, which is made in the panel. */
  decides: boolean;
  onPanel: () => void;
  /** Other people at the image, and the state of saving. */
  children?: ReactNode;
}

export function TopBar(props: Props) {
  const { name, state, neighbours, onOpen, onClose, panelOpened, decides, onPanel, children } =
    props;
  useOwnKeys();
  const { place, totalText, previous, next } = neighbours;
  return (
    <div className={classes.root} data-panel={panelOpened}>
      <Tool label={t`Back to the worklist`} command="back" onClick={onClose}>
        <IconArrowLeft size={18} stroke={1.7} />
      </Tool>
      <h1 className={classes.name}>{name}</h1>
      {state ? (
        <span className={classes.state}>
          <StateMark state={state} />
        </span>
      ) : null}
      <div className={classes.walk}>
        <Tool
          label={COMMANDS['previous-image'].label}
          command="previous-image"
          disabled={!previous}
          onClick={() => onOpen(previous)}
        >
          <IconChevronLeft size={18} stroke={1.7} />
        </Tool>
        <span className={classes.place} role="status">
          {place === null ? '–' : t`${place.toLocaleString(currentLanguage())} of ${totalText}`}
        </span>
        <Tool
          label={COMMANDS['next-image'].label}
          command="next-image"
          disabled={!next}
          onClick={() => onOpen(next)}
        >
          <IconChevronRight size={18} stroke={1.7} />
        </Tool>
      </div>
      <div className={classes.work}>{children}</div>
      <div className={classes.panel}>
        <Button
          {...(decides && !panelOpened ? {} : { variant: 'subtle', color: 'gray' })}
          size="compact-sm"
          h={40}
          aria-label={t`Findings and history`}
          aria-pressed={panelOpened}
          onClick={onPanel}
        >
          <IconLayoutSidebarRight size={18} stroke={1.7} />
          <span className={classes.findings}>{t`Findings`}</span>
        </Button>
      </div>
    </div>
  );
}

function Tool(props: {
  label: string;
  command?: CommandId;
  onClick: () => void;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <Tooltip label={withKey(props.label, props.command ? keyNameOf(props.command) : '')}>
      <ActionIcon
        variant="subtle"
        color="gray"
        size={40}
        aria-label={props.label}
        disabled={props.disabled ?? false}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
