import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { SegmentedControl, Select } from '@mantine/core';
import { IconChartLine } from '@tabler/icons-react';
import { keepPreviousData, queryOptions, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { fetchEffort } from '../../api/effort';
import type { Bucket, Effort, EffortFigures } from '../../api/workflowTypes';
import { LineChart } from '../../components/charts/LineChart';
import { Figures, Plot } from '../../components/charts/Plot';
import { DataTable } from '../../components/DataTable';
import { dateInDays, startOfDay } from '../../components/dueDate';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Figure, FigureRow } from '../../components/Figure';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { currentLanguage, fixed } from '../../language/language';
import { AgreementSection } from './AgreementSection';
import classes from './EffortPage.module.css';
import { bucketText, diceText, shareText, timeText, weighted } from './effortText';

const SPANS = [
  { value: '30', label: t`Last 30 days` },
  { value: '90', label: t`Last 90 days` },
  { value: '365', label: t`Last 12 months` },
  { value: 'all', label: t`All time` },
];
const BUCKETS: { value: Bucket; label: string }[] = [
  { value: 'day', label: t`Days` },
  { value: 'week', label: t`Weeks` },
  { value: 'month', label: t`Months` },
];

const effortQuery = (from: string | null, bucket: Bucket) =>
  queryOptions({
    queryKey: ['effort', from, bucket],
    queryFn: ({ signal }) => fetchEffort({ from, to: null, bucket }, signal),
    placeholderData: keepPreviousData,
  });

export function EffortPage() {
  const [span, setSpan] = useState('90');
  const [bucket, setBucket] = useState<Bucket>('week');
  const from = span === 'all' ? null : startOfDay(dateInDays(-Number(span)));
  const effort = useQuery(effortQuery(from, bucket));
  return (
    <Page>
      <PageHeader
        title={t`Effort`}
        actions={
          <>
            <Select
              className={classes.span}
              aria-label={t`Period`}
              allowDeselect={false}
              data={SPANS}
              value={span}
              onChange={(value) => setSpan(value ?? '90')}
            />
            <SegmentedControl
              aria-label={t`Group by`}
              size="sm"
              data={BUCKETS}
              value={bucket}
              onChange={(value) => setBucket(value as Bucket)}
            />
          </>
        }
      >
        <Trans>
          How much work the model saves: the time people spend on an image, how far their outline is
          from the model's, and how often they leave it unchanged.
        </Trans>
      </PageHeader>
      {effort.isPending ? <LoadingRows rows={6} /> : null}
      {effort.isError ? (
        <ErrorState error={effort.error} onRetry={() => void effort.refetch()} />
      ) : null}
      {effort.data ? <EffortView effort={effort.data} bucket={bucket} /> : null}
      <AgreementSection from={from} />
    </Page>
  );
}

function EffortView({ effort, bucket }: { effort: Effort; bucket: Bucket }) {
  const { buckets } = effort;
  const images = buckets.reduce((sum, { images }) => sum + images, 0);
  if (images === 0) {
    return (
      <EmptyState
        icon={<IconChartLine size={36} stroke={1.3} />}
        title={t`No image was submitted during this period`}
      >
        <p>
          <Trans>
            Each submitted reading adds its time and its distance from the model's outline. Correct
            and submit an image, or choose a longer period.
          </Trans>
        </p>
      </EmptyState>
    );
  }
  const names = buckets.map(({ start }) => bucketText(start, bucket));
  const plot = (
    title: string,
    note: string,
    value: (figures: EffortFigures) => number | null,
    format: (value: number | null) => string,
    axis: { max?: number; formatTick?: (value: number) => string } = {},
  ) => (
    <Plot
      title={title}
      note={note}
      table={
        <Figures
          label={title}
          columns={[t`Beginning`, t`Images`, title]}
          rows={buckets.map((one, index) => [
            names[index] ?? '',
            one.images.toLocaleString(currentLanguage()),
            format(value(one)),
          ])}
        />
      }
    >
      <LineChart
        label={title}
        categories={names}
        values={buckets.map(value)}
        format={format}
        {...axis}
      />
    </Plot>
  );
  return (
    <div className={classes.list}>
      <FigureRow>
        <Figure label={t`Images submitted`}>{images.toLocaleString(currentLanguage())}</Figure>
        <Figure label={t`Time per image`} note={t`mean`}>
          {timeText(weighted(buckets, 'seconds_mean'))}
        </Figure>
        <Figure label={t`Dice with the model`} note={t`mean`}>
          {diceText(weighted(buckets, 'dice_mean'))}
        </Figure>
        <Figure label={t`Unchanged`}>{shareText(weighted(buckets, 'untouched_share'))}</Figure>
      </FigureRow>
      {/* A single point adds nothing to the figures above. */}
      {buckets.length > 1 ? (
        <>
          {plot(
            t`Time per image`,
            t`Median time on an image, including viewing; pauses over 30 seconds are not counted.`,
            (figures) => figures.seconds_median,
            timeText,
          )}
          {plot(
            t`Dice with the model`,
            t`Between the model’s outline and the submitted one; 1 means identical.`,
            (figures) => figures.dice_mean,
            diceText,
            { max: 1, formatTick: (value) => fixed(value, 1) },
          )}
          {plot(
            t`Unchanged`,
            t`Share of images submitted with exactly the model’s outline.`,
            (figures) => figures.untouched_share,
            shareText,
            { max: 1 },
          )}
        </>
      ) : null}
      <Groups
        title={t`By model`}
        rows={effort.by_model.map((one) => [`${one.model} ${one.version}`, one])}
      />
      {effort.by_person.length > 0 ? (
        <Groups title={t`By person`} rows={effort.by_person.map((one) => [one.person.name, one])} />
      ) : null}
    </div>
  );
}

function Groups(props: { title: string; rows: [string, EffortFigures][] }) {
  if (props.rows.length === 0) return null;
  return (
    <section>
      <h2 className={classes.title}>{props.title}</h2>
      <DataTable
        label={props.title}
        columns={[
          t`Name`,
          t`Images`,
          t`Time, median`,
          t`Time, mean`,
          t`Dice with the model`,
          t`Unchanged`,
        ]}
      >
        {props.rows.map(([name, figures]) => (
          <tr key={name}>
            <td>{name}</td>
            <td>{figures.images.toLocaleString(currentLanguage())}</td>
            <td>{timeText(figures.seconds_median)}</td>
            <td>{timeText(figures.seconds_mean)}</td>
            <td>{diceText(figures.dice_mean)}</td>
            <td>{shareText(figures.untouched_share)}</td>
          </tr>
        ))}
      </DataTable>
    </section>
  );
}
