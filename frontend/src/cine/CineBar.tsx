import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, Menu } from '@mantine/core';
import {
  IconPlayerPause,
  IconPlayerPlay,
  IconPlayerSkipBack,
  IconPlayerSkipForward,
} from '@tabler/icons-react';
import { memo, type ReactNode, useSyncExternalStore } from 'react';
import { COMMANDS, type CommandId } from '../app/commands';
import { keyNameOf, withKey } from '../app/ownKeys';
import { on, useShortcuts } from '../app/shortcuts';
import { Tooltip } from '../components/Tooltip';
import classes from './CineBar.module.css';
import { sizeText, timeText } from './frameText';
import { SPEEDS } from './player';
import { SegmentFrames } from './SegmentFrames';
import { Strip } from './Strip';
import type { Cine } from './useCine';

interface Props {
  cine: Cine;
  /** Further actions on its frames. */
  children: ReactNode;
}

/** Plays a cine; shows its position and the contents of each frame. */
export const CineBar = memo(function CineBar({ cine, children }: Props) {
  const { image, frames, player, seek, step, toggle, failure } = cine;
  const { index, playing, speed } = useSyncExternalStore(player.state.subscribe, player.state.get);
  const count = frames.frames.length;
  const shown = frames.frames[index];
  const { to_measure: toMeasure } = frames;
  const longest = toMeasure === null ? undefined : frames.frames[toMeasure];

  useShortcuts(COMMANDS.play.group, [
    // While a drawing may be changed, the space bar and symbol keys belong to the editor.
    on('play', toggle),
    on('frame-back', () => step(-1)),
    on('frame-on', () => step(1)),
    on('longest-frame', () => {
      if (toMeasure !== null) seek(toMeasure);
    }),
  ]);

  const button = (label: string, command: CommandId, icon: ReactNode, run: () => void) => (
    <Tooltip label={withKey(label, keyNameOf(command))}>
      <ActionIcon variant="subtle" color="gray" size="lg" aria-label={label} onClick={run}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
  return (
    <section className={classes.root} aria-label={t`Cine`}>
      <div className={classes.controls}>
        {button(t`One frame back`, 'frame-back', <IconPlayerSkipBack size={18} />, () => step(-1))}
        {playing
          ? button(t`Pause`, 'play', <IconPlayerPause size={20} />, toggle)
          : button(t`Play`, 'play', <IconPlayerPlay size={20} />, toggle)}
        {button(t`One frame forward`, 'frame-on', <IconPlayerSkipForward size={18} />, () =>
          step(1),
        )}
        <Menu position="top-start">
          <Menu.Target>
            <Button
              variant="subtle"
              color="gray"
              size="compact-sm"
              aria-label={t`Speed ${speed} ×`}
            >
              {speed} ×
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {SPEEDS.map((one) => (
              <Menu.Item key={one} onClick={() => player.setSpeed(one, performance.now())}>
                {one} ×{' '}
                {one === 1 && frames.frames_per_second
                  ? t`(${frames.frames_per_second} frames a second)`
                  : ''}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        <span className={classes.place}>
          {index + 1} / {count}
          <span className={classes.time}>{timeText(shown?.time_ms)}</span>
        </span>
      </div>
      <Strip cine={cine} />
      <div className={classes.acts}>
        {longest && toMeasure !== null ? (
          <Button
            variant="default"
            size="compact-sm"
            disabled={index === toMeasure}
            onClick={() => seek(toMeasure)}
            title={withKey(
              t`The frame with the longest lesion is proposed to be measured`,
              keyNameOf('longest-frame'),
            )}
          >
            <Trans>Longest: {sizeText(longest)}</Trans>
          </Button>
        ) : null}
        {children}
        <SegmentFrames image={image} frames={frames} />
      </div>
      {failure ? (
        <p className={classes.failure} role="alert">
          <Trans>Some frames could not be loaded. Check the connection and play again.</Trans>
        </p>
      ) : null}
    </section>
  );
});
