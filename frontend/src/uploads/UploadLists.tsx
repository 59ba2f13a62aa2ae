import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useCopy } from '../components/useCopy';
import { currentLanguage } from '../language/language';
import { pathIn } from './droppedFiles';
import { uploads } from './theUploads';
import { describeUpload, UploadRow } from './UploadRow';
import classes from './UploadTray.module.css';
import type { Upload } from './upload';
import { useFilePicker } from './useFilePicker';

/** A list of thousands would slow down every progress update. */
const MOST_SHOWN = 100;

/** A list of uploads, limited to the first ones if there are many. */
export function Rows({ list }: { list: readonly Upload[] }) {
  if (list.length === 0) return null;
  const hidden = list.length - MOST_SHOWN;
  return (
    <>
      <ul className={classes.rows}>
        {list.slice(0, MOST_SHOWN).map((upload) => (
          <UploadRow key={upload.key} upload={upload} queue={uploads} />
        ))}
      </ul>
      {hidden > 0 ? (
        <p className={classes.more}>
          <Trans>{hidden.toLocaleString(currentLanguage())} more</Trans>
        </p>
      ) : null}
    </>
  );
}

/** One line per file, with tabs, so that it can be pasted into a table. */
export const asText = (list: readonly Upload[]): string =>
  list
    .map(({ folder, name, state }) => `${pathIn(folder, name)}\t${describeUpload(state).text}`)
    .join('\n');

/** Files of a dropped folder that are not images: one line, with their list on request. */
export function Skipped({ list }: { list: readonly Upload[] }) {
  if (list.length === 0) return null;
  return (
    <details className={classes.skipped}>
      <summary>
        {plural(list.length, {
          one: '1 file is not an image and was not sent',
          other: '# files are not images and were not sent',
        })}
      </summary>
      <Rows list={list} />
    </details>
  );
}

/** Failed uploads; they stay until they are dismissed or succeed. */
export function Problems({ list }: { list: readonly Upload[] }) {
  const { copied, copy } = useCopy();
  const pick = useFilePicker();
  const retry = list.some(({ state }) => state.is === 'failed' && state.retry !== null);
  const lost = list.some(({ state }) => state.is === 'lost');
  return (
    <section className={classes.problems} aria-label={t`Files with problems`}>
      <header className={classes.problemsHead}>
        <h3 className={classes.problemsTitle}>
          {plural(list.length, { one: '1 file has a problem', other: '# files have problems' })}
        </h3>
        {retry ? (
          <Button size="compact-xs" variant="light" onClick={() => void uploads.retryAll()}>
            <Trans>Try all again</Trans>
          </Button>
        ) : null}
        {lost ? (
          <Button size="compact-xs" variant="light" onClick={pick}>
            <Trans>Choose files</Trans>
          </Button>
        ) : null}
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => copy(asText(list))}>
          {copied ? t`Copied` : t`Copy list`}
        </Button>
        <Button
          size="compact-xs"
          variant="subtle"
          color="gray"
          onClick={() => uploads.dismissProblems()}
        >
          <Trans>Dismiss</Trans>
        </Button>
      </header>
      <Rows list={list} />
    </section>
  );
}
