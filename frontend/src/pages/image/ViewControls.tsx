import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon } from '@mantine/core';
import {
  IconArrowBackUp,
  IconEye,
  IconEyeOff,
  IconFlipHorizontal,
  IconFlipVertical,
  IconGitCompare,
  IconMaximize,
  IconMinus,
  IconPlus,
  IconRotate2,
  IconRotateClockwise2,
  IconTextScan2,
} from '@tabler/icons-react';
import type { ReactNode, RefObject } from 'react';
import { COMMANDS, type CommandId } from '../../app/commands';
import { keyNameOf, useOwnKeys, withKey } from '../../app/ownKeys';
import { LateMenu } from '../../components/LateMenu';
import { Tooltip } from '../../components/Tooltip';
import type { Stage } from '../../viewer/stage';
import { isAsTaken, type TurnStep } from '../../viewer/turn';
import { keyOf } from './editing/toolset';
import type { Comparing, Way } from './editing/useComparison';
import classes from './ViewControls.module.css';
import { setOverlay, setText, turnImage, useViewer } from './viewerStore';

const WAYS: { way: Way; label: string; key?: () => string }[] = [
  { way: 'after', label: t`Drawing only` },
  { way: 'outline', label: t`Model as a thin line` },
  { way: 'flicker', label: t`Flicker`, key: () => keyOf('flicker') },
  { way: 'split', label: t`Curtain`, key: () => keyOf('split') },
  { way: 'beside', label: t`Side by side`, key: () => keyNameOf('model-beside') },
  { way: 'difference', label: t`Difference`, key: () => keyNameOf('difference') },
];

const TURNS: { step: TurnStep; command: CommandId; icon: typeof IconPlus }[] = [
  { step: 'right', command: 'turn-right', icon: IconRotateClockwise2 },
  { step: 'left', command: 'turn-left', icon: IconRotate2 },
  { step: 'across', command: 'flip-across', icon: IconFlipVertical },
  { step: 'down', command: 'flip-down', icon: IconFlipHorizontal },
];

interface Props {
  stage: RefObject<Stage | null>;
  comparing: Comparing;
  /** There is an outline of the model to compare with. */
  comparable: boolean;
  /** There is suspected text. */
  hasText: boolean;
}

/** Controls for overlays and zoom, in the corner of the image. */
export function ViewControls({ stage, comparing, comparable, hasText }: Props) {
  useOwnKeys();
  const held = keyNameOf('hold-model');
  const percent = useViewer((state) => Math.round(state.view.scale * 100));
  const fitted = useViewer((state) => state.fitted);
  const shown = useViewer((state) => state.overlay.shown);
  const text = useViewer((state) => state.text.suspected);
  return (
    <div className={classes.root} role="toolbar" aria-label={t`View`} data-over-image>
      <Control
        label={shown ? t`Hide the outlines` : t`Show the outlines`}
        command="outlines"
        pressed={shown}
        onClick={() => setOverlay({ shown: !shown })}
      >
        {shown ? <IconEye size={18} stroke={1.7} /> : <IconEyeOff size={18} stroke={1.7} />}
      </Control>
      {hasText ? (
        <Control
          label={text ? t`Hide what looks like text` : t`Outline what looks like text`}
          command="suspected-text"
          pressed={text}
          onClick={() => setText({ suspected: !text })}
        >
          <IconTextScan2 size={18} stroke={1.7} />
        </Control>
      ) : null}
      <LateMenu
        position="top-start"
        width={230}
        target={
          <MenuControl
            label={t`Compare with the model`}
            on={comparing.way !== 'after'}
            disabled={!comparable}
          >
            <IconGitCompare size={18} stroke={1.7} />
          </MenuControl>
        }
      >
        {(Menu) => (
          <>
            <Menu.RadioGroup value={comparing.way} onChange={(way) => comparing.choose(way as Way)}>
              {WAYS.map(({ way, label, key }) => (
                <Menu.RadioItem
                  key={way}
                  value={way}
                  closeMenuOnClick
                  rightSection={<span className={classes.keys}>{key?.()}</span>}
                >
                  {label}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
            <Menu.Divider />
            <Menu.Label>{held ? <Trans>Hold {held}: the model’s outline</Trans> : null}</Menu.Label>
          </>
        )}
      </LateMenu>
      <TurnMenu />
      <i className={classes.divider} />
      <Control
        label={COMMANDS['zoom-out'].label}
        command="zoom-out"
        pinched
        onClick={() => stage.current?.camera.zoom(1 / 1.25)}
      >
        <IconMinus size={17} stroke={1.7} />
      </Control>
      <Tooltip label={withKey(COMMANDS['actual-size'].label, keyNameOf('actual-size'))}>
        <button
          type="button"
          className={classes.percent}
          onClick={() => stage.current?.camera.actualSize()}
          aria-label={t`Zoom ${percent} %; set to one to one`}
        >
          {percent} %
        </button>
      </Tooltip>
      <Control
        label={COMMANDS['zoom-in'].label}
        command="zoom-in"
        pinched
        onClick={() => stage.current?.camera.zoom(1.25)}
      >
        <IconPlus size={17} stroke={1.7} />
      </Control>
      <Control
        label={COMMANDS.fit.label}
        command="fit"
        pressed={fitted}
        onClick={() => stage.current?.camera.fit()}
      >
        <IconMaximize size={17} stroke={1.7} />
      </Control>
    </div>
  );
}

/** The button of a menu; `on` if the picture is not shown as usual. */
function MenuControl({ label, on, disabled = false, children, ...menu }: MenuControlProps) {
  return (
    <ActionIcon
      {...menu}
      className={classes.control}
      variant="subtle"
      color="gray"
      size={38}
      aria-label={label}
      title={label}
      data-on={on}
      disabled={disabled}
    >
      {children}
    </ActionIcon>
  );
}

/** In addition, the props that the menu passes to its button. */
interface MenuControlProps {
  label: string;
  on: boolean;
  disabled?: boolean;
  children: ReactNode;
}

/** Turns and flips, and a reset. */
function TurnMenu() {
  const asTaken = useViewer((state) => isAsTaken(state.turn));
  return (
    <LateMenu
      position="top-start"
      width={260}
      target={
        <MenuControl label={t`Turn and flip`} on={!asTaken}>
          <IconRotateClockwise2 size={18} stroke={1.7} />
        </MenuControl>
      }
    >
      {(Menu) => (
        <>
          {TURNS.map(({ step, command, icon: Icon }) => (
            <Menu.Item
              key={step}
              closeMenuOnClick={false}
              leftSection={<Icon size={16} stroke={1.7} />}
              rightSection={<span className={classes.keys}>{keyNameOf(command)}</span>}
              onClick={() => turnImage(step)}
            >
              {COMMANDS[command].label}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item
            disabled={asTaken}
            leftSection={<IconArrowBackUp size={16} stroke={1.7} />}
            rightSection={<span className={classes.keys}>{keyNameOf('as-taken')}</span>}
            onClick={() => turnImage(null)}
          >
            {COMMANDS['as-taken'].label}
          </Menu.Item>
        </>
      )}
    </LateMenu>
  );
}

function Control(props: {
  label: string;
  command: CommandId;
  onClick: () => void;
  pressed?: boolean;
  /** Two fingers do the same. */
  pinched?: boolean;
  children: ReactNode;
}) {
  return (
    <Tooltip label={withKey(props.label, keyNameOf(props.command))}>
      <ActionIcon
        className={classes.control}
        variant="subtle"
        color="gray"
        size={38}
        aria-label={props.label}
        aria-pressed={props.pressed}
        data-pinched={props.pinched}
        onClick={props.onClick}
      >
        {props.children}
      </ActionIcon>
    </Tooltip>
  );
}
