import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { useSyncExternalStore } from 'react';
import { Dialog } from '../components/Dialog';
import { Moment } from '../components/Moment';
import { useEditing } from '../editing/EditorContext';
import { useCorrection } from './CorrectionContext';
import { differing } from './core/difference';
import { drawingOf } from './core/drawing';
import type { CorrectionSession } from './core/session';
import { draftSide, mySide, takeResult } from './mergeRequest';
import { takeUp } from './takeUp';

interface Props {
  session: CorrectionSession;
  onClose: () => void;
}

/** Asks which drawing to continue after the same person drew on the same image in two tabs. */
export function TabsDialog({ session, onClose }: Props) {
  const editing = useEditing();
  const { merge } = useCorrection();
  const { keeper } = session;
  const { theirs } = useSyncExternalStore(keeper.state.subscribe, keeper.state.get);
  if (!theirs) return null;

  const resolve = (choice: 'mine' | 'theirs') => {
    if (choice === 'theirs') takeUp(editing, session, t`Use the other drawing`, drawingOf(theirs));
    keeper.resolve(choice);
    onClose();
  };
  const compare = () =>
    merge({
      mine: { ...mySide(session), title: t`This one` },
      theirs: draftSide(theirs),
      base: null,
      action: t`Continue with this one`,
      finish: (result) => {
        if (result.take !== 'mine') {
          takeResult(editing, session, result, keeper.read().parentRevision);
        }
        keeper.resolve('mine');
        onClose();
      },
    });

  const pixels = differing(theirs.labels, keeper.read().labels);

  return (
    <Dialog onClose={onClose} title={t`You drew on this image in two tabs or computers`}>
      <Text size="sm" lh={1.5} data-testid="tabs-dialog">
        <Trans>
          Your drawing was also saved from another tab or computer <Moment at={theirs.updated_at} />
          . It differs from this one in <Plural value={pixels} one="one pixel" other="# pixels" />.
          Until you choose, this tab’s drawing stays in this browser.
        </Trans>
      </Text>
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button variant="default" onClick={() => resolve('theirs')}>
          <Trans>Use the other</Trans>
        </Button>
        <Button variant="default" onClick={compare}>
          <Trans>Compare and merge</Trans>
        </Button>
        <Button onClick={() => resolve('mine')} data-autofocus>
          <Trans>Keep this one</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}
