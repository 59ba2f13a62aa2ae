import { plural, t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconDownload } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { outlineAddress, reportAddress } from '../../api/evaluations';
import type { EvaluationReport, GateCheck } from '../../api/types';
import cards from '../../components/Cards.module.css';
import { Figures } from '../../components/charts/Plot';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { comma } from '../../language/language';
import { classRows } from './classRows';
import classes from './EvaluationPage.module.css';
import { counted, fixed, modelText } from './figures';
import { GainChart } from './GainChart';
import { ImagePairs } from './ImagePairs';
import { evaluationQuery } from './modelsQueries';
import { checkText, figuresOf, limitOf, NAMES, sentenceOf } from './report';
import { StandingBadge } from './StandingBadge';

const route = getRouteApi('/shell/ui/models/evaluations/$evaluationId');

type Verdict = NonNullable<EvaluationReport['verdict']>;

/** The gate's verdict on a version, with all figures and the images that got worse. */
export function EvaluationPage() {
  const { evaluationId } = route.useParams();
  const evaluation = useQuery(evaluationQuery(evaluationId));
  const { data } = evaluation;
  const model = data ? modelText(data.model) : '';
  const title = data ? t`Evaluation of ${model}` : t`Evaluation`;
  return (
    <Page>
      <PageHeader
        title={title}
        actions={
          data?.verdict ? (
            <Button
              className={classes.screen}
              variant="default"
              component="a"
              href={reportAddress(data.id)}
              download
              leftSection={<IconDownload size={16} stroke={1.8} />}
            >
              <Trans>Download as PDF</Trans>
            </Button>
          ) : null
        }
      >
        {data ? sentenceOf(data) : null}
      </PageHeader>
      {evaluation.isPending ? <LoadingRows rows={4} /> : null}
      {evaluation.isError ? (
        <ErrorState error={evaluation.error} onRetry={() => void evaluation.refetch()} />
      ) : null}
      {data ? <Facts data={data} /> : null}
      {data?.verdict ? <Report id={data.id} verdict={data.verdict} /> : null}
      <p className={classes.screen}>
        <Link to="/ui/models">
          <Trans>All models</Trans>
        </Link>
      </p>
    </Page>
  );
}

function Facts({ data }: { data: EvaluationReport }) {
  const name = data.created_by.name;
  const look = counted(data.look);
  return (
    <p className={classes.facts}>
      <Trans>
        Requested by {name} <Moment at={data.created_at} />.
      </Trans>{' '}
      <Trans>
        Evaluation {look} on the test part of this project: the more evaluations, the more likely
        one is good by chance.
      </Trans>{' '}
      {data.current ? null : (
        <Trans>
          Another version has been promoted since; evaluate this one again before you promote it.
        </Trans>
      )}
    </p>
  );
}

const COLUMNS = [
  t`Check`,
  t`Gate`,
  t`Old version`,
  t`New version`,
  t`Difference [95% CI]`,
  t`Limit`,
  t`Images`,
  t`Explanation`,
];

function Report({ id, verdict }: { id: string; verdict: Verdict }) {
  const { skipped } = verdict;
  const worst = verdict.worst.length;
  const worse = verdict.checks.filter((one) => one.standing === 'fail');
  return (
    <div className={classes.sections}>
      <Panel title={t`The gate`}>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be focusable by
           keyboard */}
        <section className={classes.table} aria-label={t`The gate`} tabIndex={0}>
          <table className={cards.cards}>
            <thead>
              <tr>
                {COLUMNS.map((name) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {verdict.checks.map((check) => (
                <CheckRow key={`${check.key} ${check.group}`} check={check} />
              ))}
            </tbody>
          </table>
        </section>
      </Panel>
      <Panel title={t`Old against new`}>
        <GainChart checks={verdict.checks} />
        <Figures
          label={t`Old against new by data set`}
          columns={[
            t`Data set`,
            t`Images`,
            t`Patients`,
            t`Lesion IoU`,
            t`Missed`,
            t`Outlined where there is no lesion`,
          ]}
          rows={verdict.figures.map((one) => [
            /^test part$/i.test(one.set) ? t`Test part` : one.set,
            counted(one.images),
            counted(one.patients),
            ...[one.iou, one.missed, one.outlined].map(([before, after]) =>
              before === null || before === undefined || after === null || after === undefined
                ? '–'
                : `${fixed(before, 3)} → ${fixed(after, 3)}`,
            ),
          ])}
        />
        {verdict.classes.length > 0 ? (
          <Figures
            label={t`Old against new by class`}
            columns={[t`Class`, t`IoU`]}
            rows={classRows(verdict.classes)}
          />
        ) : null}
        {skipped > 0 ? (
          <p>
            <Plural
              value={skipped}
              one="# image was deleted after the sets were frozen."
              other="# images were deleted after the sets were frozen."
            />
          </p>
        ) : null}
      </Panel>
      <Panel title={t`What got worse`}>
        {worse.length === 0 && verdict.worst.length === 0 ? (
          <p>
            <Trans>Nothing measured got worse.</Trans>
          </p>
        ) : null}
        {worse.length > 0 ? (
          <ul>
            {worse.map((check) => (
              <li key={`${check.key} ${check.group}`}>
                {[NAMES[check.key] ?? check.key, check.group].filter(Boolean).join(comma())}:{' '}
                {checkText(check)}
              </li>
            ))}
          </ul>
        ) : null}
        {verdict.worst.length > 0 ? (
          <>
            <p>
              <Plural
                value={worst}
                one="The image that lost most. White is what a reviewer approved, amber what the model draws: the old version on the left, the new one on the right."
                other="The # images that lost most. White is what a reviewer approved, amber what the model draws: the old version on the left, the new one on the right."
              />
            </p>
            <ImagePairs
              className={classes.worst}
              pairs={verdict.worst.map((one) => ({
                key: `${one.set_id} ${one.mask_id}`,
                imageId: one.image_id,
                frame: one.frame_index,
                outlines: [
                  outlineAddress(id, one.mask_id, 'before'),
                  outlineAddress(id, one.mask_id, 'after'),
                ],
                caption: lossOf(one),
              }))}
            />
          </>
        ) : null}
      </Panel>
    </div>
  );
}

function lossOf(one: Verdict['worst'][number]): string {
  const before = fixed(one.before, 3);
  const after = fixed(one.after, 3);
  if (one.false_outline) return t`IoU ${before} → ${after}, false outline`;
  if (one.missed) return t`IoU ${before} → ${after}, lesion missed`;
  return t`IoU ${before} → ${after}`;
}

function imagesOf({ images, patients }: GateCheck): string {
  if (images <= 0) return '';
  const count = counted(images);
  if (patients <= 0) return count;
  return t`${count} (${plural(patients, { one: '# patient', other: '# patients' })})`;
}

function CheckRow({ check }: { check: GateCheck }) {
  const { before, after, difference } = figuresOf(check);
  return (
    <tr>
      <th scope="row">
        {NAMES[check.key] ?? check.key}
        {check.group ? <span className={classes.group}>{check.group}</span> : null}
      </th>
      <td data-label={COLUMNS[1]}>
        <StandingBadge standing={check.standing} />
      </td>
      <td data-label={COLUMNS[2]}>{before}</td>
      <td data-label={COLUMNS[3]}>{after}</td>
      <td data-label={COLUMNS[4]}>{difference}</td>
      <td data-label={COLUMNS[5]}>{limitOf(check)}</td>
      <td data-label={COLUMNS[6]}>{imagesOf(check)}</td>
      <td className={classes.said}>{checkText(check)}</td>
    </tr>
  );
}
