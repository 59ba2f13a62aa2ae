import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { IconFileZip } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type DragEvent, useRef, useState } from 'react';
import { sendArchive } from '../../api/imports';
import { sizeText } from '../../app/poolText';
import { FormError } from '../../components/FormError';
import classes from './ArchiveDrop.module.css';
import { IMPORTS_KEY } from './importsQuery';

/** Accepts one ZIP, dropped or chosen, and sends it for checking. */
export function ArchiveDrop() {
  const client = useQueryClient();
  const field = useRef<HTMLInputElement>(null);
  const abort = useRef<AbortController | null>(null);
  const [over, setOver] = useState(false);
  const [sent, setSent] = useState(0);
  const send = useMutation({
    mutationFn: (file: File) => {
      abort.current = new AbortController();
      setSent(0);
      return sendArchive(file, setSent, abort.current.signal);
    },
    onSuccess: () => void client.invalidateQueries({ queryKey: IMPORTS_KEY }),
  });
  const stopped = send.error instanceof DOMException && send.error.name === 'AbortError';

  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (file && !send.isPending) send.mutate(file);
  };
  const drag = (inside: boolean) => (event: DragEvent) => {
    event.preventDefault();
    setOver(inside);
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is a shortcut for the button inside
    <div
      className={classes.root}
      data-over={over}
      onDragOver={drag(true)}
      onDragLeave={drag(false)}
      onDrop={(event) => {
        drag(false)(event);
        take(event.dataTransfer.files);
      }}
    >
      <input
        ref={field}
        type="file"
        accept=".zip,application/zip"
        hidden
        onChange={(event) => {
          take(event.currentTarget.files);
          event.currentTarget.value = '';
        }}
      />
      <IconFileZip size={34} stroke={1.3} />
      {send.isPending ? (
        <>
          <p className={classes.title}>
            {sent < 1
              ? t`Sending ${sizeText(send.variables.size)}, ${Math.floor(sent * 100)} %`
              : t`Sent. The server is reading it`}
          </p>
          <Progress
            className={classes.progress}
            size={5}
            value={sent * 100}
            aria-label={t`Sent`}
            animated={sent === 1}
          />
          <Button variant="subtle" color="gray" onClick={() => abort.current?.abort()}>
            <Trans>Cancel</Trans>
          </Button>
        </>
      ) : (
        <>
          <p className={classes.title}>
            <Trans>Drop a ZIP of images and labels here</Trans>
          </p>
          <p className={classes.hint}>
            <Trans>
              Folders of images and masks matched by name, labelme JSON, COCO, or an export of
              Sonoloop; a table samples.csv names the patients. Everything is checked first; nothing
              is stored until you confirm.
            </Trans>
          </p>
          <Button variant="default" onClick={() => field.current?.click()}>
            <Trans>Choose a ZIP</Trans>
          </Button>
        </>
      )}
      {stopped ? null : <FormError error={send.error} />}
    </div>
  );
}
