import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, CloseButton } from '@mantine/core';
import { IconAlertTriangle, IconGitMerge } from '@tabler/icons-react';
import { memo, type ReactNode, useState, useSyncExternalStore } from 'react';
import { useEditing } from '../editing/EditorContext';
import { newestInLine } from '../editing/line';
import { revisionNumber } from '../editing/revisionNumber';
import classes from './CorrectionBars.module.css';
import { useCorrection } from './CorrectionContext';
import type { CorrectionSession } from './core/session';
import { authorOf, useCorrectedImage } from './correctedImage';
import { editingText } from './PresenceStrip';
import { useMergeWith } from './useStaleSave';

/** Unobtrusive notes above the canvas: someone else is drawing, or has saved in the meantime. */
export const CorrectionBars = memo(function CorrectionBars() {
  const { session } = useCorrection();
  return session ? <Bars session={session} /> : null;
});

function Bars({ session }: { session: CorrectionSession }) {
  return (
    <div className={classes.root}>
      <OthersBar session={session} key={`others ${session.image}`} />
      <NewsBar session={session} key={`news ${session.image}`} />
    </div>
  );
}

/** Shown before the first stroke; later it would only be in the way. */
function OthersBar({ session }: { session: CorrectionSession }) {
  const { others } = session.presence;
  const { people } = useSyncExternalStore(others.subscribe, others.get);
  const { phase } = useSyncExternalStore(session.keeper.state.subscribe, session.keeper.state.get);
  const [hidden, setHidden] = useState(false);
  const editors = people.filter(({ editing }) => editing);
  if (editors.length === 0 || phase !== 'clean' || hidden) return null;
  return (
    <Bar
      icon={<IconAlertTriangle size={17} stroke={1.7} />}
      text={t`${editingText(editors)} this image. If you draw too, you will be asked to merge.`}
      onClose={() => setHidden(true)}
      testId="others-editing"
    />
  );
}

/** A revision by someone else arrived while this person is drawing. */
function NewsBar({ session }: { session: CorrectionSession }) {
  const { imageId, base } = useEditing();
  const image = useCorrectedImage(imageId);
  const { phase } = useSyncExternalStore(session.keeper.state.subscribe, session.keeper.state.get);
  const saver = useSyncExternalStore(session.saver.state.subscribe, session.saver.state.get);
  const [later, setLater] = useState(0);
  const mergeWith = useMergeWith(session);
  const newest = image && newestInLine(image);
  const drawing = phase !== 'clean' && saver.phase === 'idle';
  if (!image || !newest || !drawing || newest.revision <= (base.revision ?? 0)) return null;
  if (newest.revision <= later) return null;
  const own = newest.author?.id === session.user;
  const number = revisionNumber(image.masks, newest.revision);
  const author = authorOf(newest);
  const said = own
    ? t`You saved revision ${number} elsewhere.`
    : newest.source === 'model'
      ? t`${author} made revision ${number}.`
      : t`${author} saved revision ${number}.`;
  return (
    <Bar
      icon={<IconGitMerge size={17} stroke={1.7} />}
      text={said}
      action={
        <Button size="compact-sm" variant="light" onClick={() => mergeWith(newest, 'draw')}>
          <Trans>Merge</Trans>
        </Button>
      }
      onClose={() => setLater(newest.revision)}
      closeLabel={t`Later`}
      testId="newer-revision"
    />
  );
}

function Bar(props: {
  icon: ReactNode;
  text: string;
  action?: ReactNode;
  onClose: () => void;
  closeLabel?: string;
  testId: string;
}) {
  return (
    <div className={classes.bar} role="status" data-testid={props.testId}>
      {props.icon}
      <span className={classes.text}>{props.text}</span>
      {props.action}
      {props.closeLabel ? (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={props.onClose}>
          {props.closeLabel}
        </Button>
      ) : (
        <CloseButton size="sm" aria-label={t`Hide this note`} onClick={props.onClose} />
      )}
    </div>
  );
}
