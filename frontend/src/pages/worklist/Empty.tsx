import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconCircleCheck, IconSearchOff, IconUpload } from '@tabler/icons-react';
import { isAdmin, useUser } from '../../app/session';
import { EmptyState } from '../../components/EmptyState';
import classes from './Empty.module.css';
import type { QueueTab } from './queues';

export function FirstImage({ onPick }: { onPick: () => void }) {
  const user = useUser();
  return (
    <div className={classes.frame}>
      <EmptyState icon={<SectorDrawing />} title={t`Drop your first ultrasound image here`}>
        <p>
          <Trans>
            The model outlines what it considers a lesion, measures it and shows how sure it is, in
            a few seconds. Names and ids in the file are not kept; check that none is written inside
            the picture.
          </Trans>
        </p>
        <Button
          variant="default"
          leftSection={<IconUpload size={16} stroke={1.9} />}
          onClick={onPick}
        >
          <Trans>Choose images</Trans>
        </Button>
        <p className={classes.formats}>
          <Trans>PNG, JPEG, TIFF, BMP, WebP, DICOM, MP4, MOV or AVI</Trans>
        </p>
        {isAdmin(user) ? (
          <p className={classes.formats}>
            <Trans>
              No image at hand? On the server, <code>sonoloop synthesise --out demo</code> makes
              some of no patient.
            </Trans>
          </p>
        ) : null}
      </EmptyState>
    </div>
  );
}

export function NothingFound({ onClear }: { onClear: () => void }) {
  return (
    <EmptyState icon={<IconSearchOff size={36} stroke={1.3} />} title={t`No image matches`}>
      <p>
        <Trans>
          Search finds any part of a file’s name, a case, a subject code, an image id, a class or a
          note.
        </Trans>
      </p>
      <Button variant="default" onClick={onClear}>
        <Trans>Show all images</Trans>
      </Button>
    </EmptyState>
  );
}

/** A finished queue is good news, not a failed search. */
export function QueueDone({ tab }: { tab: QueueTab }) {
  return (
    <EmptyState icon={<IconCircleCheck size={36} stroke={1.3} />} title={tab.empty.title}>
      <p>{tab.empty.text}</p>
    </EmptyState>
  );
}

function SectorDrawing() {
  return (
    <svg width="148" height="112" viewBox="0 0 148 112" fill="none" aria-hidden="true">
      <path
        d="M60 8h28l46 78c-17 12-37 18-60 18S31 98 14 86L60 8Z"
        stroke="var(--sl-line-strong)"
        strokeWidth="1.5"
        strokeLinejoin="round"
      />
      {[30, 52, 74].map((depth) => (
        <path
          key={depth}
          d={`M${60 - depth * 0.5} ${10 + depth * 0.86}q${14 + depth * 0.5} ${6 + depth * 0.16} ${28 + depth} 0`}
          stroke="var(--sl-line)"
          strokeWidth="1.5"
        />
      ))}
      <path
        d="M55 62c-2-11 7-20 20-20 12 0 20 7 19 17-1 11-10 16-20 16-11 0-17-5-19-13Z"
        fill="#f2b84b"
        fillOpacity=".16"
        stroke="#f2b84b"
        strokeWidth="2"
      />
    </svg>
  );
}
