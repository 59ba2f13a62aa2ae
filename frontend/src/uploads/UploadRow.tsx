import { ActionIcon, Button, Progress, Tooltip } from '@mantine/core';
import { IconRefresh, IconX } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import type { UploadQueue } from './queue';
import classes from './UploadTray.module.css';
import { isOver, type Upload, type UploadState } from './upload';

/** The worker's stages in the words of the person who waits. */
const STAGES: Record<string, string> = {
  decode: 'reading the image',
  crop: 'finding the sector',
  denoise: 'smoothing',
  network: 'looking for lesions',
  crf: 'refining the outline',
  morphology: 'cleaning up',
  lesions: 'measuring',
  encode: 'writing the mask',
  storing: 'saving',
};

export function stageInWords(stage: string | null): string {
  if (!stage) return 'starting';
  return STAGES[stage] ?? stage.replaceAll('_', ' ');
}

export function describeUpload(state: UploadState): { text: string; tone: string } {
  switch (state.is) {
    case 'waiting':
      return { text: 'Waiting to be sent', tone: '' };
    case 'uploading':
      return { text: `Uploading, ${Math.round(state.progress * 100)} %`, tone: '' };
    case 'reconnecting':
      return { text: `${state.reason} Retrying automatically.`, tone: 'warn' };
    case 'held':
      return { text: `${state.reason} It continues automatically.`, tone: 'warn' };
    case 'lost':
      return { text: 'Did not arrive. Choose this file again.', tone: 'bad' };
    case 'queued':
      if (state.position === null) return { text: 'Queued', tone: '' };
      return {
        text: state.position === 0 ? 'Queued, next' : `Queued, ${state.position} ahead`,
        tone: '',
      };
    case 'running':
      return { text: `Processing: ${stageInWords(state.stage)}`, tone: '' };
    case 'done':
      return {
        text: state.duplicate ? 'Done. This image was already here' : 'Done',
        tone: 'good',
      };
    case 'failed':
      return { text: `Failed: ${state.reason}`, tone: 'bad' };
    case 'refused':
      return { text: `Not sent: ${state.reason}`, tone: 'bad' };
    case 'cancelled':
      return { text: 'Cancelled', tone: '' };
  }
}

function progressOf(state: UploadState): number | null {
  if (state.is === 'uploading') return state.progress * 100;
  if (state.is === 'running') return state.progress * 100;
  return null;
}

export function UploadRow({ upload, queue }: { upload: Upload; queue: UploadQueue }) {
  const { state, key, name } = upload;
  const { text, tone } = describeUpload(state);
  const progress = progressOf(state);
  const imageId = state.is === 'done' ? state.imageId : null;
  const retryable =
    state.is === 'cancelled' ||
    state.is === 'held' ||
    (state.is === 'failed' && state.again !== null);
  return (
    <li className={classes.row}>
      <span className={classes.name} title={name}>
        {name}
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
            aria-label={`Open ${name}`}
          >
            Open
          </Button>
        ) : null}
        {retryable ? (
          <Tooltip label="Try again">
            <ActionIcon
              size="sm"
              variant="subtle"
              color="gray"
              aria-label={`Try ${name} again`}
              onClick={() => void queue.retry(key)}
            >
              <IconRefresh size={15} />
            </ActionIcon>
          </Tooltip>
        ) : null}
        <Tooltip label={isOver(state) ? 'Remove from this list' : 'Cancel'}>
          <ActionIcon
            size="sm"
            variant="subtle"
            color="gray"
            aria-label={isOver(state) ? `Remove ${name} from this list` : `Cancel ${name}`}
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
          aria-label={`Progress of ${name}`}
        />
      )}
    </li>
  );
}
