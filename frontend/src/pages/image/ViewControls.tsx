import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Menu, Tooltip } from '@mantine/core';
import {
  IconEye,
  IconEyeOff,
  IconGitCompare,
  IconMaximize,
  IconMinus,
  IconPlus,
  IconTextScan2,
} from '@tabler/icons-react';
import type { ReactNode, RefObject } from 'react';
import type { Stage } from '../../viewer/stage';
import type { Comparing, Way } from './editing/useComparison';
import classes from './ViewControls.module.css';
import { setOverlay, setText, useViewer } from './viewerStore';

const WAYS: { way: Way; label: string; keys: string }[] = [
  { way: 'after', label: t`Drawing only`, keys: '' },
  { way: 'outline', label: t`Model as a thin line`, keys: '' },
  { way: 'flicker', label: t`Flicker`, keys: '⇧f' },
  { way: 'split', label: t`Curtain`, keys: '⇧c' },
  { way: 'beside', label: t`Side by side`, keys: '3' },
  { way: 'difference', label: t`Difference`, keys: '4' },
];

interface Props {
  stage: RefObject<Stage | null>;
  comparing: Comparing;
  /** There is a model's outline to compare with. */
  comparable: boolean;
  /** Something looks like text. */
  hasText: boolean;
}

/** What is seen and how large, in the corner of the image. */
export function ViewControls({ stage, comparing, comparable, hasText }: Props) {
  const percent = useViewer((state) => Math.round(state.view.scale * 100));
  const fitted = useViewer((state) => state.fitted);
  const shown = useViewer((state) => state.overlay.shown);
  const text = useViewer((state) => state.text.suspected);
  return (
    <div className={classes.root} role="toolbar" aria-label={t`View`}>
      <Control
        label={shown ? t`Hide the outlines (o)` : t`Show the outlines (o)`}
        pressed={shown}
        onClick={() => setOverlay({ shown: !shown })}
      >
        {shown ? <IconEye size={18} stroke={1.7} /> : <IconEyeOff size={18} stroke={1.7} />}
      </Control>
      {hasText ? (
        <Control
          label={text ? t`Hide what looks like text (⇧t)` : t`Outline what looks like text (⇧t)`}
          pressed={text}
          onClick={() => setText({ suspected: !text })}
        >
          <IconTextScan2 size={18} stroke={1.7} />
        </Control>
      ) : null}
      <Menu position="top-start" width={230}>
        <Menu.Target>
          <ActionIcon
            className={classes.control}
            variant="subtle"
            color="gray"
            size={38}
            aria-label={t`Compare with the model`}
            title={t`Compare with the model`}
            data-on={comparing.way !== 'after'}
            disabled={!comparable}
          >
            <IconGitCompare size={18} stroke={1.7} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.RadioGroup value={comparing.way} onChange={(way) => comparing.choose(way as Way)}>
            {WAYS.map(({ way, label, keys }) => (
              <Menu.RadioItem
                key={way}
                value={way}
                closeMenuOnClick
                rightSection={<span className={classes.keys}>{keys}</span>}
              >
                {label}
              </Menu.RadioItem>
            ))}
          </Menu.RadioGroup>
          <Menu.Divider />
          <Menu.Label>
            <Trans>Hold 2: the model’s outline</Trans>
          </Menu.Label>
        </Menu.Dropdown>
      </Menu>
      <i className={classes.divider} />
      <Control label="Smaller (−)" onClick={() => stage.current?.camera.zoom(1 / 1.25)}>
        <IconMinus size={17} stroke={1.7} />
      </Control>
      <Tooltip label={t`One image pixel per screen pixel (1)`}>
        <button
          type="button"
          className={classes.percent}
          onClick={() => stage.current?.camera.actualSize()}
          aria-label={t`Zoom ${percent} %; set to one to one`}
        >
          {percent} %
        </button>
      </Tooltip>
      <Control label="Larger (+)" onClick={() => stage.current?.camera.zoom(1.25)}>
        <IconPlus size={17} stroke={1.7} />
      </Control>
      <Control label="Fit (0)" pressed={fitted} onClick={() => stage.current?.camera.fit()}>
        <IconMaximize size={17} stroke={1.7} />
      </Control>
    </div>
  );
}

function Control(props: {
  label: string;
  onClick: () => void;
  pressed?: boolean;
  children: ReactNode;
}) {
  return (
    <Tooltip label={props.label}>
      <ActionIcon
        className={classes.control}
        variant="subtle"
        color="gray"
        size={38}
        aria-label={props.label.replace(/ \([^)]*\)$/, '')}
        aria-pressed={props.pressed}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
