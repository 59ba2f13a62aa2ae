import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button, Progress } from '@mantine/core';
import { IconRefresh, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { stageInWords } from '../api/stageText';
import { Tooltip } from '../components/Tooltip';
import { pathIn } from './droppedFiles';
import type { UploadQueue } from './queue';
import classes from './UploadTray.module.css';
import { isOver, type Upload, type UploadState } from './upload';

export function describeUpload(state: UploadState): { text: string; tone: string } {
  switch (state.is) {
    case 'waiting':
      return { text: t`Waiting to be sent`, tone: '' };
    case 'uploading':
      return { text: t`Uploading, ${Math.round(state.progress * 100)} %`, tone: '' };
    case 'reconnecting':
      return { text: t`${state.reason} Retrying automatically.`, tone: 'warn' };
    case 'held':
      return { text: t`${state.reason} It continues automatically.`, tone: 'warn' };
    case 'lost':
      return { text: t`Did not arrive. Choose this file again.`, tone: 'bad' };
    case 'queued':
      if (state.position === null) return { text: t`Queued`, tone: '' };
      return {
        text: state.position === 0 ? t`Queued, next` : t`Queued, ${state.position} ahead`,
        tone: '',
      };
    case 'running':
      return { text: t`Processing: ${stageInWords(state.stage)}`, tone: '' };
    case 'done':
      return {
        text: state.duplicate ? t`Done. This image was already here` : t`Done`,
        tone: 'good',
      };
    case 'failed':
      return { text: t`Failed: ${state.reason}`, tone: 'bad' };
    case 'refused':
      return { text: t`Not sent: ${state.reason}`, tone: 'bad' };
    case 'skipped':
      return { text: state.reason, tone: '' };
    case 'cancelled':
      return { text: t`Cancelled`, tone: '' };
  }
}

function progressOf(state: UploadState): number | null {
  if (state.is === 'uploading') return state.progress * 100;
  if (state.is === 'running') return state.progress * 100;
  return null;
}

export function UploadRow({ upload, queue }: { upload: Upload; queue: UploadQueue }) {
  const { state, key, name, folder } = upload;
  const { text, tone } = describeUpload(state);
  const progress = progressOf(state);
  const imageId = state.is === 'done' ? state.imageId : null;
  const retryable =
    state.is === 'cancelled' ||
    state.is === 'held' ||
    (state.is === 'failed' && state.retry !== null);
  return (
    <li className={classes.row}>
      <span className={classes.name} title={pathIn(folder, name)}>
        {name}
        {folder ? <span className={classes.folder}>{folder}</span> : null}
      </span>
      <span className={classes.state} data-tone={tone}>
        {upload.note ?? text}
      </span>
      <span className={classes.actions}>
        {imageId ? (
          <Button
            renderRoot={(props) => (
              <Link {...props} to="/ui/images/$imageId" params={{ imageId: imageId ?? '' }} />
            )}
            size="compact-xs"
            variant="light"
            aria-label={t`Open ${name}`}
          >
            <Trans>Open</Trans>
          </Button>
        ) : null}
        {retryable ? (
          <Tooltip label={t`Try again`}>
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={t`Try ${name} again`}
              onClick={() => void queue.retry(key)}
            >
              <IconRefresh size={15} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        <Tooltip label={isOver(state) ? t`Remove from this list` : t`Cancel`}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={isOver(state) ? t`Remove ${name} from this list` : t`Cancel ${name}`}
            onClick={() => (isOver(state) ? queue.dismiss(key) : void queue.cancel(key))}
          >
            <IconX size={15} />
          </ActionIcon>
        </Tooltip>
      </span>
      {progress === null ? null : (
        <Progress
          className={classes.bar}
          value={progress}
          size={3}
          aria-label={t`Progress of ${name}`}
        />
      )}
    </li>
  );
}
