import { Button } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { getRouteApi, Link } from '@tanstack/react-router';
import { outlineAddress } from '../../api/evaluations';
import type { EvaluationReport, GateCheck } from '../../api/types';
import { Figures } from '../../components/charts/Plot';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import classes from './EvaluationPage.module.css';
import { GainChart } from './GainChart';
import { evaluationQuery } from './modelsQuery';
import { figuresOf, limitOf, NAMES, sentenceOf } from './report';
import { StandingBadge } from './StandingBadge';

const route = getRouteApi('/shell/ui/models/evaluations/$evaluationId');

type Verdict = NonNullable<EvaluationReport['verdict']>;

/** What the gate says of a version, with all figures, and the images that got worse. */
export function EvaluationPage() {
  const { evaluationId } = route.useParams();
  const evaluation = useQuery(evaluationQuery(evaluationId));
  const { data } = evaluation;
  const title = data ? `${data.model.replace('@', ' ')} evaluated` : 'Evaluation';
  return (
    <Page>
      <PageHeader
        title={title}
        actions={
          data?.verdict ? (
            <Button
              className={classes.screen}
              variant="default"
              leftSection={<IconPrinter size={16} stroke={1.8} />}
              onClick={() => window.print()}
            >
              Print or save as PDF
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
      {data ? (
        <p className={classes.facts}>
          Asked for by {data.created_by.name} <Moment at={data.created_at} />. Look {data.look} at
          the test part of this project: the more looks, the more likely one is good by chance.{' '}
          {data.current
            ? null
            : 'Another version serves since; evaluate it again before promoting.'}
        </p>
      ) : null}
      {data?.verdict ? <Report id={data.id} verdict={data.verdict} /> : null}
      <p className={classes.screen}>
        <Link to="/ui/models">All models</Link>
      </p>
    </Page>
  );
}

function Report({ id, verdict }: { id: string; verdict: Verdict }) {
  const worse = verdict.checks.filter((one) => one.standing === 'fail');
  return (
    <div className={classes.sections}>
      <Panel title="The gate">
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must take the keyboard */}
        <section className={classes.table} aria-label="The gate" tabIndex={0}>
          <table>
            <thead>
              <tr>
                {['Row', 'Gate', 'Old', 'New', 'Difference [95 %]', 'Limit', 'Images', 'Said'].map(
                  (name) => (
                    <th key={name} scope="col">
                      {name}
                    </th>
                  ),
                )}
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
      <Panel title="Old against new">
        <GainChart checks={verdict.checks} />
        <Figures
          label="Old against new by set"
          columns={['Set', 'Images', 'Patients', 'Lesion IoU', 'Missed', 'Outlined without lesion']}
          rows={verdict.figures.map((one) => [
            one.set,
            String(one.images),
            String(one.patients),
            ...[one.iou, one.missed, one.outlined].map(([before, after]) =>
              before === null || before === undefined || after === null || after === undefined
                ? '–'
                : `${before.toFixed(3)} → ${after.toFixed(3)}`,
            ),
          ])}
        />
        {verdict.skipped > 0 ? (
          <p>{verdict.skipped} images were deleted since the sets were frozen.</p>
        ) : null}
      </Panel>
      <Panel title="What got worse">
        {worse.length === 0 && verdict.worst.length === 0 ? (
          <p>Nothing that was measured.</p>
        ) : null}
        {worse.length > 0 ? (
          <ul>
            {worse.map((check) => (
              <li key={`${check.key} ${check.group}`}>
                {NAMES[check.key] ?? check.key}
                {check.group ? `, ${check.group}` : ''}: {check.text}
              </li>
            ))}
          </ul>
        ) : null}
        {verdict.worst.length > 0 ? (
          <>
            <p>
              The {verdict.worst.length} images that lost most. White is what a reviewer signed,
              amber what the model draws: old on the left, new on the right.
            </p>
            <ol className={classes.worst}>
              {verdict.worst.map((one) => (
                <li key={`${one.set_id} ${one.mask_id}`}>
                  <Link to="/ui/images/$imageId" params={{ imageId: one.image_id }}>
                    <span className={classes.pair}>
                      {(['before', 'after'] as const).map((whose) => (
                        <span key={whose} className={classes.picture}>
                          <img
                            src={`/images/${one.image_id}/frames/${one.frame_index}/pixels`}
                            alt=""
                            loading="lazy"
                          />
                          <img src={outlineAddress(id, one.mask_id, whose)} alt="" />
                        </span>
                      ))}
                    </span>
                    IoU {one.before.toFixed(2)} → {one.after.toFixed(2)}
                    {one.false_outline ? ', false outline' : one.missed ? ', missed' : ''}
                  </Link>
                </li>
              ))}
            </ol>
          </>
        ) : null}
      </Panel>
    </div>
  );
}

function CheckRow({ check }: { check: GateCheck }) {
  const { before, after, difference } = figuresOf(check);
  return (
    <tr>
      <th scope="row">
        {NAMES[check.key] ?? check.key}
        {check.group ? <span className={classes.group}>{check.group}</span> : null}
      </th>
      <td>
        <StandingBadge standing={check.standing} />
      </td>
      <td>{before}</td>
      <td>{after}</td>
      <td>{difference}</td>
      <td>{limitOf(check)}</td>
      <td>
        {check.images > 0 ? check.images : ''}
        {check.patients > 0 ? ` of ${check.patients} patients` : ''}
      </td>
      <td className={classes.said}>{check.text}</td>
    </tr>
  );
}
