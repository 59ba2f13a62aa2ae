import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconDatabase, IconPackageExport } from '@tabler/icons-react';
import { queryOptions, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { fetchPool } from '../../api/pool';
import type { Bin, NamedCount, Pool } from '../../api/workflowTypes';
import { answerText, SPLIT_TEXT, sourceText } from '../../app/poolText';
import { isAdmin, useUser } from '../../app/session';
import { BarChart } from '../../components/charts/BarChart';
import { BarTable } from '../../components/charts/BarTable';
import { Figures, Plot } from '../../components/charts/Plot';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { Figure, FigureRow } from '../../components/Figure';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { STATE_TEXT } from '../../components/StateMark';
import { currentLanguage, fixed } from '../../language/language';
import { TrainPanel } from '../training/TrainPanel';
import { STATES } from '../worklist/search';
import { binText, binTick, everyMonth, monthText } from './bins';
import classes from './PoolPage.module.css';
import { PoolTabs } from './PoolTabs';

export const poolQuery = queryOptions({
  queryKey: ['pool'],
  queryFn: ({ signal }) => fetchPool(signal),
});

const number = (count: number): string => count.toLocaleString(currentLanguage());
const SPLITS = ['train', 'validation', 'test'] as const;

export function PoolPage() {
  const pool = useQuery(poolQuery);
  const admin = isAdmin(useUser());
  return (
    <Page>
      <PageHeader
        title={t`Training pool`}
        actions={
          admin ? (
            <Button
              component={Link}
              to="/ui/exports"
              variant="default"
              leftSection={<IconPackageExport size={17} stroke={1.7} />}
            >
              <Trans>Export</Trans>
            </Button>
          ) : null
        }
      >
        <Trans>
          Every mask that a reviewer has approved, for training models. Each patient is assigned
          once to training, validation or test.
        </Trans>
      </PageHeader>
      <PoolTabs />
      {pool.isPending ? <LoadingRows rows={6} /> : null}
      {pool.isError ? <ErrorState error={pool.error} onRetry={() => void pool.refetch()} /> : null}
      {pool.data ? (
        <PoolView pool={pool.data}>
          {admin && pool.data.images > 0 ? <TrainPanel /> : null}
        </PoolView>
      ) : null}
    </Page>
  );
}

function PoolView({ pool, children }: { pool: Pool; children: ReactNode }) {
  const share = pool.balance.lesion_share;
  const total = Object.values(pool.by_state).reduce((sum, count) => sum + (count ?? 0), 0);
  if (pool.images === 0) {
    return (
      <EmptyState
        icon={<IconDatabase size={36} stroke={1.3} />}
        title={t`No mask has been approved yet`}
      >
        <p>
          {total === 0
            ? t`Upload images, correct and submit them. Approved masks are counted here.`
            : t`${number(total)} images are in progress: correct and submit them, and have a reviewer approve them.`}
        </p>
        <Button component={Link} to="/ui/worklist" variant="default">
          <Trans>Go to the worklist</Trans>
        </Button>
      </EmptyState>
    );
  }
  return (
    <div className={classes.list}>
      <FigureRow>
        <Figure label={t`Images`}>{number(pool.images)}</Figure>
        <Figure
          label={t`Patients`}
          {...(pool.without_subject
            ? { note: t`and ${number(pool.without_subject)} images of unknown patients` }
            : {})}
        >
          {number(pool.subjects)}
        </Figure>
        <Figure label={t`Lesions`}>{number(pool.lesions)}</Figure>
        <Figure label={t`Lesion pixels`} note={t`of all pixels`}>
          {share === null ? '–' : `${fixed(share * 100, 1)} %`}
        </Figure>
      </FigureRow>
      {pool.unmeasured > 0 ? (
        <p className={classes.note} role="status">
          <Trans>
            {number(pool.unmeasured)} masks are still being measured and are not yet included in
            lesions, sizes and pixels.
          </Trans>
        </p>
      ) : null}
      <div className={classes.pair}>
        <Plot title={t`Parts`} note={t`Assigned by patient, so no patient is in two parts.`}>
          <Figures
            label={t`Parts`}
            columns={[t`Part`, t`Images`, t`Share`, t`Known patients`]}
            rows={SPLITS.map((split) => [
              SPLIT_TEXT[split],
              number(pool.by_split[split] ?? 0),
              `${Math.round((100 * (pool.by_split[split] ?? 0)) / pool.images)} %`,
              number(pool.subjects_by_split[split] ?? 0),
            ])}
          />
          <div className={classes.bar} aria-hidden="true">
            {SPLITS.filter((split) => pool.by_split[split]).map((split) => (
              <i key={split} data-split={split} style={{ flexGrow: pool.by_split[split] ?? 0 }} />
            ))}
          </div>
        </Plot>
        <Plot title={t`Work in progress`} note={t`All images of this project by state.`}>
          <BarTable
            label={t`State`}
            unit={t`Images`}
            rows={STATES.map((state) => ({
              name: STATE_TEXT[state],
              value: pool.by_state[state] ?? 0,
            })).filter(({ value }) => value > 0)}
          />
        </Plot>
      </div>
      {children}
      <Months pool={pool} />
      <Histogram
        title={t`Lesion size`}
        note={
          pool.sizes.without_spacing > 0
            ? t`Longest axis in mm. ${plural(pool.sizes.without_spacing, { one: '# lesion has no known spacing and is not counted.', other: '# lesions have no known spacing and are not counted.' })}`
            : t`Longest axis in mm.`
        }
        unit="mm"
        factor={1}
        bins={pool.sizes.long_axis_mm}
      />
      <Histogram
        title={t`Lesion area`}
        note={t`Area of a lesion as a share of its image.`}
        unit="%"
        factor={100}
        bins={pool.sizes.area_share}
      />
      <div className={classes.pair}>
        <Counts title={t`Answers`} label={t`Answer`} counts={pool.by_answer} text={answerText} />
        <Counts
          title={t`Where masks come from`}
          label={t`Source`}
          counts={pool.by_source}
          text={sourceText}
        />
        <Counts
          title={t`Models`}
          label={t`Drawn by or started from`}
          counts={pool.by_model}
          text={(name) => name.replace('@', ' ')}
        />
        <Counts
          title={t`Scanners`}
          label={t`Scanner`}
          counts={pool.by_device}
          text={(name) => (name === 'unknown' ? t`Unknown` : name)}
        />
        <Counts
          title={t`File formats`}
          label={t`Format`}
          counts={pool.by_format}
          text={(name) => name.toUpperCase()}
        />
      </div>
    </div>
  );
}

function Months({ pool }: { pool: Pool }) {
  const months = everyMonth(pool.by_month);
  // A single bar adds nothing to the number of images.
  if (months.length < 2) return null;
  const names = months.map(({ month }) => monthText(month));
  return (
    <Plot
      title={t`Approvals`}
      note={t`By month.`}
      table={
        <Figures
          label={t`Approvals by month`}
          columns={[t`Month`, t`Images`]}
          rows={months.map(({ count }, index) => [names[index] ?? '', number(count)])}
        />
      }
    >
      <BarChart
        label={t`Approvals by month`}
        categories={names}
        series={[{ name: t`Images`, values: months.map(({ count }) => count) }]}
      />
    </Plot>
  );
}

/** Minimum number of lesions for a histogram to be informative. */
const ENOUGH = 10;

function Histogram(props: {
  title: string;
  note: string;
  unit: string;
  factor: number;
  bins: readonly Bin[];
}) {
  const { title, note, unit, factor, bins } = props;
  if (bins.reduce((sum, { count }) => sum + count, 0) < ENOUGH) return null;
  return (
    <Plot
      title={title}
      note={note}
      table={
        <Figures
          label={title}
          columns={[t`Range`, t`Lesions`]}
          rows={bins.map((bin) => [binText(bin, unit, factor), number(bin.count)])}
        />
      }
    >
      <BarChart
        label={t`${title} in ${unit}`}
        categories={bins.map((bin) => binTick(bin, factor))}
        series={[{ name: t`Lesions`, values: bins.map(({ count }) => count) }]}
      />
    </Plot>
  );
}

function Counts(props: {
  title: string;
  label: string;
  counts: readonly NamedCount[];
  text?: (name: string) => string;
}) {
  const { title, label, counts, text = (name: string) => name } = props;
  if (counts.length === 0) return null;
  return (
    <Plot title={title}>
      <BarTable
        label={label}
        unit={t`Images`}
        rows={counts.map(({ name, count }) => ({ name: text(name), value: count }))}
      />
    </Plot>
  );
}
