import { t } from '@lingui/core/macro';
import { ActionIcon, Indicator } from '@mantine/core';
import { IconCloudUpload } from '@tabler/icons-react';
import { useLocation } from '@tanstack/react-router';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { lazily } from '../components/lazily';
import { Tooltip } from '../components/Tooltip';
import { withWords } from '../language/withWords';
import { uploads } from './theUploads';
import { isOver, isProblem, type Upload } from './upload';

const UploadPanel = lazily(
  async () => (await withWords('panels', () => import('./UploadPanel'))).UploadPanel,
);

export function summary(list: readonly Upload[]): string {
  const open = list.filter(({ state }) => !isOver(state)).length;
  const done = list.filter(({ state }) => state.is === 'done').length;
  const bad = list.filter(({ state }) => state.is === 'failed' || state.is === 'refused').length;
  const skipped = list.filter(({ state }) => state.is === 'skipped').length;
  const lost = list.filter(({ state }) => state.is === 'lost').length;
  const parts = [
    open ? t`${open} in progress` : '',
    done ? t`${done} done` : '',
    bad ? t`${bad} failed` : '',
    skipped ? t`${skipped} skipped` : '',
    lost ? t`${lost} did not arrive` : '',
  ];
  return parts.filter(Boolean).join(' · ') || t`Nothing uploaded from this tab yet`;
}

/**
 * The uploads of this tab. It opens automatically for new files, and closes when an image is
 * opened, whose tools it would cover; the number on its button keeps counting.
 */
export function UploadTray() {
  const list = useSyncExternalStore(uploads.subscribe, uploads.snapshot);
  const [opened, setOpened] = useState(false);
  const image = useLocation({ select: ({ pathname }) => /\/images\/.+/.exec(pathname)?.[0] });
  const [shownOver, setShownOver] = useState(image);
  if (image !== shownOver) {
    setShownOver(image);
    if (image) setOpened(false);
  }
  const open = list.filter(({ state }) => !isOver(state)).length;
  const problems = list.filter(({ state }) => isProblem(state));

  const known = useRef(list.length);
  useEffect(() => {
    const fresh = list.slice(known.current);
    known.current = list.length;
    // Uploads left by an earlier page do not open the tray over an image's tools.
    const chosen = fresh.some(({ state }) => state.is === 'waiting');
    if (chosen || (fresh.length > 0 && !image)) setOpened(true);
  }, [list, image]);

  // Leaving would lose unsent files; queued ones are safe on the server.
  const unsent = list.some(({ state }) =>
    ['waiting', 'uploading', 'reconnecting', 'held'].includes(state.is),
  );
  useEffect(() => {
    if (!unsent) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }, [unsent]);

  return (
    <>
      <Tooltip label={t`Uploads`} position="right">
        <Indicator
          label={open || undefined}
          size={open > 0 ? 16 : 9}
          offset={open > 0 ? 5 : 7}
          disabled={list.length === 0 || (open === 0 && problems.length === 0)}
          color={problems.length > 0 && open === 0 ? 'red' : 'sea'}
        >
          <ActionIcon
            variant="subtle"
            color="gray"
            size="lg"
            aria-label={t`Uploads: ${summary(list)}`}
            aria-expanded={opened}
            aria-controls="upload-tray"
            onClick={() => setOpened((value) => !value)}
          >
            <IconCloudUpload size={20} stroke={1.6} />
          </ActionIcon>
        </Indicator>
      </Tooltip>
      {opened ? (
        <UploadPanel list={list} summary={summary(list)} onClose={() => setOpened(false)} />
      ) : null}
    </>
  );
}
