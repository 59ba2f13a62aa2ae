import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, Group, Kbd, TextInput } from '@mantine/core';
import classes from './LivePage.module.css';
import type { LiveState } from './stream';
import { keptText, problemText } from './words';

interface Props {
  state: LiveState;
  subject: string;
  onSubject: (subject: string) => void;
  onKeep: (what: 'frame' | 'cine') => void;
  onAgain: (id: string) => void;
}

/** Sends a frame, or the seconds before it, to the worklist. Nothing else is stored. */
export function Keeping({ state, subject, onSubject, onKeep, onAgain }: Props) {
  const seconds = state.about?.seconds ?? 0;
  const ready = state.shown !== null && state.link === 'open';
  return (
    <section className={classes.section}>
      <h2>
        <Trans>Keep</Trans>
      </h2>
      {state.about && !state.about.worklist ? (
        <p className={classes.quiet}>
          <Trans>
            Nothing can be kept: the program was started without a token. Set SONOLOOP_TOKEN and
            start it again.
          </Trans>
        </p>
      ) : (
        <>
          <TextInput
            label={t`Patient or case`}
            description={t`Optional. Only a pseudonym of it is kept.`}
            maxLength={200}
            value={subject}
            onChange={(event) => onSubject(event.currentTarget.value)}
          />
          <Group gap="xs" mt="sm">
            <Button
              variant="default"
              disabled={!ready}
              rightSection={<Kbd>k</Kbd>}
              onClick={() => onKeep('frame')}
            >
              <Trans>Keep the frame</Trans>
            </Button>
            <Button
              variant="default"
              disabled={!ready}
              rightSection={<Kbd>c</Kbd>}
              onClick={() => onKeep('cine')}
            >
              {plural(seconds, { one: 'The last second', other: 'The last # seconds' })}
            </Button>
          </Group>
          <p className={classes.quiet}>
            <Trans>Nothing is stored unless you keep it.</Trans>
          </p>
        </>
      )}
      {state.problem ? (
        <p className={classes.warn} role="alert">
          {problemText(state.problem)}
        </p>
      ) : null}
      {state.kept.length ? (
        <ul className={classes.kept} aria-label={t`Kept`} aria-live="polite">
          {state.kept.map((one) => (
            <li key={one.id}>
              <span className={classes.what}>{thingText(one.frames)}</span>
              {one.state === 'stored' && one.address ? (
                <Anchor href={one.address} target="_blank" rel="noreferrer" size="sm">
                  {keptText(one)}
                </Anchor>
              ) : (
                <span className={one.state === 'failed' ? classes.warn : classes.quiet}>
                  {keptText(one)}
                </span>
              )}
              {one.state === 'failed' ? (
                <Button size="compact-xs" variant="subtle" onClick={() => onAgain(one.id)}>
                  <Trans>Send again</Trans>
                </Button>
              ) : null}
            </li>
          ))}
        </ul>
      ) : null}
    </section>
  );
}

const thingText = (frames: number): string =>
  frames > 1
    ? plural(frames, { one: 'Cine of # frame', other: 'Cine of # frames' })
    : t`Single frame`;
