import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Kbd } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { useState, useSyncExternalStore } from 'react';
import { useShortcuts } from '../app/shortcuts';
import { LogoMark } from '../components/Logo';
import { comma } from '../language/language';
import type { Point } from '../viewer/geometry';
import { lesionColour } from '../viewer/lesions';
import { Keeping } from './Keeping';
import classes from './LivePage.module.css';
import { ScaleFields } from './ScaleFields';
import { Stage } from './Stage';
import { type LiveState, type LiveStream, mmPerPx, type Scale } from './stream';
import { areaText, axesText, noticeOf } from './words';

/** The scanner's picture with outlines and measurements. */
export function LivePage({ stream }: { stream: LiveStream }) {
  const state = useSyncExternalStore(stream.state.subscribe, stream.state.get);
  const [scale, setScale] = useState<Scale | null>(null);
  const [marking, setMarking] = useState<readonly Point[] | null>(null);
  const [subject, setSubject] = useState('');
  const { shown, frozen, about } = state;
  const toggle = () => (frozen ? stream.resume() : stream.freeze());
  const keep = (what: 'frame' | 'cine') => stream.keep(what, subject, scale);

  useShortcuts(t`Live picture`, [
    { keys: [' '], shown: 'Space', label: t`Freeze, resume`, run: toggle },
    { keys: ['k'], label: t`Keep the frame`, run: () => keep('frame') },
    { keys: ['c'], label: t`Keep the last seconds`, run: () => keep('cine') },
    { keys: ['Escape'], label: t`Leave the marks`, run: () => setMarking(null) },
  ]);

  const point = (at: Point) => {
    const [first] = marking ?? [];
    if (!first) {
      setMarking([at]);
    } else if (Math.hypot(first.x - at.x, first.y - at.y) >= 8) {
      setScale({ marks: [first, at], mm: scale?.mm ?? 0 });
      setMarking(null);
    }
  };
  const notice = noticeOf(state);
  const known = scale && scale.mm > 0 ? scale : null;
  return (
    <div className={classes.root}>
      <header className={classes.bar}>
        <LogoMark size={24} />
        <h1 className={classes.title}>
          <Trans>Live picture</Trans>
        </h1>
        <span className={classes.source}>{about?.source}</span>
        <span className={classes.state} data-state={frozen ? 'frozen' : state.source} role="status">
          {stateText(state)}
        </span>
        <span className={classes.use}>
          <Trans>Research use only</Trans>
        </span>
      </header>
      <main className={classes.main}>
        <div className={classes.stage}>
          <Stage
            shown={shown}
            scale={scale}
            marking={marking}
            onPoint={point}
            label={frozen ? t`Frozen picture` : t`Live picture`}
          />
          {notice ? (
            <div className={classes.notice} role="alert">
              <h2>{notice.title}</h2>
              {notice.detail ? <p>{notice.detail}</p> : null}
              {notice.restart ? (
                <Button onClick={() => stream.restart()}>{notice.restart}</Button>
              ) : null}
            </div>
          ) : null}
          {marking ? (
            <p className={classes.hint} role="status">
              {marking.length
                ? t`Now click the other point.`
                : t`Click the first of two points whose distance you know.`}
            </p>
          ) : null}
        </div>
        <aside className={classes.side} aria-label={t`Measures`}>
          <Button
            fullWidth
            size="md"
            variant={frozen ? 'filled' : 'default'}
            leftSection={frozen ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />}
            rightSection={
              <Kbd>
                <Trans comment="a key of the keyboard">Space</Trans>
              </Kbd>
            }
            disabled={!shown || state.link !== 'open'}
            onClick={toggle}
          >
            {frozen ? t`Resume` : t`Freeze`}
          </Button>
          <Measures state={state} mm={known ? mmPerPx(known) : null} />
          <ScaleFields
            frame={shown?.frame ?? null}
            scale={scale}
            marking={marking !== null}
            onScale={setScale}
            onMark={() => setMarking(marking ? null : [])}
          />
          <Keeping
            state={state}
            subject={subject}
            onSubject={setSubject}
            onKeep={keep}
            onAgain={(id) => stream.sendAgain(id)}
          />
        </aside>
      </main>
    </div>
  );
}

function stateText(state: LiveState): string {
  if (state.link !== 'open') return t`Not connected`;
  if (state.frozen) return t`Frozen picture`;
  const { rate } = state;
  switch (state.source) {
    case 'live':
      return t`Live, ${rate} frames a second`;
    case 'connecting':
      return t`Connecting…`;
    case 'lost':
      return t`Lost`;
    case 'ended':
      return t`Over`;
    default:
      return t`No picture`;
  }
}

function Measures({ state, mm }: { state: LiveState; mm: number | null }) {
  const frame = state.shown?.frame;
  const doubtful = frame?.doubtful ?? 0;
  return (
    <section className={classes.section}>
      <h2>
        <Trans>Lesions</Trans>
      </h2>
      {frame?.lesions.length ? (
        <ul className={classes.lesions}>
          {frame.lesions.map((lesion) => (
            <li key={lesion.label}>
              <span className={classes.dot} style={{ background: lesionColour(lesion.label) }}>
                {lesion.label}
              </span>
              <span className={classes.axes}>{axesText(lesion, mm)}</span>
              <span className={classes.area}>
                {[
                  ...(lesion.possible ? [t`Possible lesion`] : []),
                  ...(lesion.class_name ? [lesion.class_name] : []),
                  areaText(lesion, mm),
                ].join(comma())}
              </span>
            </li>
          ))}
        </ul>
      ) : (
        <p className={classes.quiet}>
          {frame ? t`No lesion is outlined in this frame.` : t`Nothing was seen yet.`}
        </p>
      )}
      {doubtful > 0 ? (
        <p className={classes.quiet}>
          {plural(doubtful, {
            one: '# doubtful outline is not drawn.',
            other: '# doubtful outlines are not drawn.',
          })}
        </p>
      ) : null}
      {frame?.unlike ? (
        <p className={classes.warn}>
          <Trans>This picture is not like those that the model was trained on.</Trans>
        </p>
      ) : null}
    </section>
  );
}
