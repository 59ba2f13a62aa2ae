import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { notifications } from '@mantine/notifications';
import { IconPhotoPlus } from '@tabler/icons-react';
import { type ReactNode, useEffect, useState } from 'react';
import { currentLanguage } from '../language/language';
import classes from './DropZone.module.css';
import { droppedFiles, MOST_DROPPED } from './droppedFiles';
import { takeIn } from './takeIn';

const UNREADABLE = t`The browser could not read this folder. Choose its files with Upload instead.`;

const most = MOST_DROPPED.toLocaleString(currentLanguage());
const TOO_MANY = t`Only the first ${most} files were accepted. Drop the other folders when these are done.`;

/** The type that browsers report for dropped files, in every language. */
const FILES = /^Files$/;
const carriesFiles = (event: DragEvent) =>
  event.dataTransfer?.types.some((type) => FILES.test(type)) ?? false;

/** Accepts files dropped anywhere in the window while mounted. */
export function DropZone({ children }: { children: ReactNode }) {
  const [over, setOver] = useState(false);

  useEffect(() => {
    // Enter and leave fire for every element passed; the depth shows when the last one is left.
    let depth = 0;
    const enter = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth += 1;
      setOver(true);
    };
    const leave = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      depth = Math.max(0, depth - 1);
      if (depth === 0) setOver(false);
    };
    const allow = (event: DragEvent) => {
      if (carriesFiles(event)) event.preventDefault();
    };
    const drop = (event: DragEvent) => {
      if (!carriesFiles(event)) return;
      event.preventDefault();
      depth = 0;
      setOver(false);
      if (!event.dataTransfer) return;
      droppedFiles(event.dataTransfer).then(
        (files) => {
          if (files.length > MOST_DROPPED)
            notifications.show({ color: 'yellow', autoClose: false, message: TOO_MANY });
          void takeIn(files.slice(0, MOST_DROPPED));
        },
        () => notifications.show({ color: 'red', message: UNREADABLE }),
      );
    };
    window.addEventListener('dragenter', enter);
    window.addEventListener('dragleave', leave);
    window.addEventListener('dragover', allow);
    window.addEventListener('drop', drop);
    return () => {
      window.removeEventListener('dragenter', enter);
      window.removeEventListener('dragleave', leave);
      window.removeEventListener('dragover', allow);
      window.removeEventListener('drop', drop);
    };
  }, []);

  return (
    <>
      {children}
      {over ? (
        <div className={classes.veil}>
          <div className={classes.target}>
            <IconPhotoPlus size={44} stroke={1.3} />
            <p className={classes.title}>
              <Trans>Drop to outline lesions</Trans>
            </p>
            <p className={classes.hint}>
              <Trans>
                Files, folders or a ZIP: PNG, JPEG, TIFF, BMP, WebP, DICOM, MP4, MOV, AVI
              </Trans>
            </p>
          </div>
        </div>
      ) : null}
    </>
  );
}
