import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, CloseButton } from '@mantine/core';
import { pathIn } from './droppedFiles';
import { NamingFields } from './NamingFields';
import { uploads } from './theUploads';
import { Problems, Rows, Skipped } from './UploadLists';
import classes from './UploadTray.module.css';
import { isOver, isProblem, type Upload } from './upload';

interface Props {
  list: readonly Upload[];
  summary: string;
  onClose: () => void;
}

/** The list of uploads, and the naming of the next files. */
export function UploadPanel({ list, summary, onClose }: Props) {
  const problems = list.filter(({ state }) => isProblem(state));
  const skipped = list.filter(({ state }) => state.is === 'skipped');
  const others = list.filter(({ state }) => !isProblem(state) && state.is !== 'skipped');
  const last = list.at(-1);
  return (
    <section id="upload-tray" className={classes.panel} aria-label={t`Uploads`}>
      <header className={classes.head}>
        <h2 className={classes.title}>
          <Trans>Uploads</Trans>
        </h2>
        <span role="status" className={classes.summary}>
          {summary}
        </span>
        <CloseButton size="sm" aria-label={t`Close the list of uploads`} onClick={onClose} />
      </header>
      {list.length > 0 ? (
        <div className={classes.list}>
          {problems.length > 0 ? <Problems list={problems} /> : null}
          <Skipped list={skipped} />
          <Rows list={others} />
        </div>
      ) : null}
      <NamingFields example={last ? pathIn(last.folder, last.name) : null} />
      {list.some(({ state }) => isOver(state) && !isProblem(state)) ? (
        <footer className={classes.foot}>
          <Button
            size="compact-xs"
            variant="subtle"
            color="gray"
            onClick={() => uploads.dismissFinished()}
          >
            <Trans>Clear finished</Trans>
          </Button>
        </footer>
      ) : null}
    </section>
  );
}
