import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Skeleton } from '@mantine/core';
import type { ExportCounts, ExportPreview } from '../../api/workflowTypes';
import { answerText, SPLIT_TEXT, sourceText } from '../../app/poolText';
import { FormError } from '../../components/FormError';
import { comma, currentLanguage } from '../../language/language';
import { SPLITS } from './orderDraft';
import classes from './Preview.module.css';

interface Props {
  preview: ExportPreview | undefined;
  error: unknown;
  /** The figures belong to an earlier choice; new ones are being fetched. */
  stale: boolean;
}

/** What the export would contain if it were ordered now. */
export function Preview({ preview, error, stale }: Props) {
  return (
    <div className={classes.root} aria-live="polite" aria-busy={stale} data-stale={stale}>
      {error ? <FormError error={error} /> : null}
      {preview ? (
        <>
          <Counts counts={preview.counts} />
          {preview.lesion_names.length > 0 ? (
            <details className={classes.names}>
              <summary>
                <Plural
                  value={preview.lesion_names.length}
                  one="# name of lesions"
                  other="# names of lesions"
                />
              </summary>
              <p>{preview.lesion_names.join(comma())}</p>
            </details>
          ) : null}
        </>
      ) : error ? null : (
        <Skeleton height={180} radius="md" />
      )}
    </div>
  );
}

const number = (count: number): string => count.toLocaleString(currentLanguage());

/** The counts of an export, planned or done. */
export function Counts({ counts }: { counts: ExportCounts }) {
  return (
    <>
      <p className={classes.total}>
        <Trans>
          <b>
            <Plural value={counts.images} one="# image" other="# images" />
          </b>{' '}
          of <Plural value={counts.subjects} one="# patient" other="# patients" />
        </Trans>
        {counts.without_subject
          ? ` ${t`and ${number(counts.without_subject)} of unknown patients`}`
          : ''}
      </p>
      <div className={classes.bar} aria-hidden="true">
        {SPLITS.filter((split) => counts.by_split[split]).map((split) => (
          <i key={split} data-split={split} style={{ flexGrow: counts.by_split[split] ?? 0 }} />
        ))}
      </div>
      <dl className={classes.facts}>
        {SPLITS.map((split) => (
          <Fact key={split} name={SPLIT_TEXT[split]} split={split} value={counts.by_split[split]} />
        ))}
        <div className={classes.gap} />
        {Object.entries(counts.by_answer).map(([answer, value]) => (
          <Fact key={answer} name={answerText(answer)} value={value} />
        ))}
        <div className={classes.gap} />
        {Object.entries(counts.by_source).map(([source, value]) => (
          <Fact key={source} name={sourceText(source)} value={value} />
        ))}
      </dl>
      {counts.cannot_judge + counts.duplicates + (counts.suspected_text ?? 0) > 0 ? (
        <p className={classes.left}>
          <Trans>Left out:</Trans>{' '}
          {[
            counts.cannot_judge > 0
              ? t`${number(counts.cannot_judge)} that cannot be judged`
              : null,
            counts.duplicates > 0 ? t`${number(counts.duplicates)} with the same pixels` : null,
            counts.suspected_text ? t`${number(counts.suspected_text)} that may show text` : null,
          ]
            .filter(Boolean)
            .join(comma())}
        </p>
      ) : null}
    </>
  );
}

function Fact(props: { name: string; value: number | undefined; split?: string }) {
  return (
    <div>
      <dt data-split={props.split}>{props.name}</dt>
      <dd>{number(props.value ?? 0)}</dd>
    </div>
  );
}
