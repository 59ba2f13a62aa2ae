import '../../api/moreTexts';
import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, SegmentedControl } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  type QueryClient,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { messageOf } from '../../api/problem';
import {
  fetchJobCounts,
  fetchProjectJobs,
  type JobCounts,
  type JobState,
  type ProjectJob,
  retryProjectJob,
  stopProjectJob,
} from '../../api/projectJobs';
import { DataTable } from '../../components/DataTable';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Moment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { currentLanguage } from '../../language/language';
import classes from './JobsPage.module.css';
import { kindText, standingText } from './jobText';

const KEY = ['project-jobs'] as const;
/** Polling interval: other people's jobs send no events here. */
const AGAIN_MS = 5_000;

type Shown = 'open' | Extract<JobState, 'failed' | 'queued' | 'running' | 'done' | 'cancelled'>;

const EMPTY: Record<Shown, string> = {
  open: t`Nothing is waiting or running, and nothing has failed`,
  failed: t`Nothing has failed`,
  queued: t`Nothing is waiting`,
  running: t`Nothing is running right now`,
  done: t`Nothing has finished yet`,
  cancelled: t`Nothing was cancelled`,
};

const STATES: Record<JobState, string> = {
  queued: t`Waiting`,
  running: t`Running`,
  done: t`Done`,
  failed: t`Failed`,
  cancelled: t`Cancelled`,
};

/** The jobs of the project: failed ones with the reason, waiting ones, running ones. */
export function JobsPage() {
  const [shown, setShown] = useState<Shown>('open');
  const counts = useQuery({
    queryKey: [...KEY, 'counts'],
    queryFn: ({ signal }) => fetchJobCounts(signal),
    refetchInterval: AGAIN_MS,
  });
  const jobs = useInfiniteQuery({
    queryKey: [...KEY, shown],
    queryFn: ({ pageParam, signal }) =>
      fetchProjectJobs(shown === 'open' ? null : shown, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
    // Only the top of a long list changes, and refetching all of it every time would be expensive.
    refetchInterval: (query) => ((query.state.data?.pages.length ?? 0) > 1 ? false : AGAIN_MS),
  });
  const items = jobs.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader title={t`Jobs`}>
        <Trans>
          The jobs that workers do for this project. One that failed through no fault of the file
          can be tried again; one that is waiting or running can be cancelled.
        </Trans>
      </PageHeader>
      <SegmentedControl
        className={classes.filter}
        aria-label={t`Which jobs`}
        data={choices(counts.data)}
        value={shown}
        onChange={(value) => setShown(value as Shown)}
      />
      {jobs.isPending ? <LoadingRows rows={6} /> : null}
      {jobs.isError && items.length === 0 ? (
        <ErrorState error={jobs.error} onRetry={() => void jobs.refetch()} />
      ) : null}
      {jobs.isSuccess && items.length === 0 ? <EmptyState title={EMPTY[shown]} /> : null}
      {items.length > 0 ? (
        <DataTable
          label={t`Jobs`}
          columns={[t`State`, t`What`, t`For`, t`Since`, t`Progress or reason`, '']}
        >
          {items.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </DataTable>
      ) : null}
      {jobs.hasNextPage ? (
        <Button
          className={classes.more}
          variant="default"
          loading={jobs.isFetchingNextPage}
          onClick={() => void jobs.fetchNextPage()}
        >
          <Trans>Older jobs</Trans>
        </Button>
      ) : null}
    </Page>
  );
}

function choices(counts: JobCounts | undefined): { value: Shown; label: string }[] {
  const named = (label: string, count: number | undefined) =>
    count ? `${label} ${count.toLocaleString(currentLanguage())}` : label;
  return [
    { value: 'open', label: t`Not finished` },
    { value: 'failed', label: named(t`Failed`, counts?.failed) },
    { value: 'queued', label: named(t`Waiting`, counts?.queued) },
    { value: 'running', label: named(t`Running`, counts?.running) },
    { value: 'done', label: t`Done` },
    { value: 'cancelled', label: t`Cancelled` },
  ];
}

function JobRow({ job }: { job: ProjectJob }) {
  return (
    <tr>
      <td>
        <span className={classes.state} data-state={job.state}>
          {STATES[job.state]}
        </span>
      </td>
      <td>
        {kindText(job.kind)} <Subject job={job} />
      </td>
      <td>{job.owner.name}</td>
      <td className={classes.when}>
        <Moment at={job.finished_at ?? job.started_at ?? job.created_at} />
      </td>
      <td className={classes.why}>
        {standingText(job)}
        {job.attempts > 1
          ? ` (${plural(job.attempts, { one: '# attempt', other: '# attempts' })})`
          : ''}
      </td>
      <td className={classes.acts}>
        <Acts job={job} />
      </td>
    </tr>
  );
}

/** The image of the job, or the file that has not become an image. */
function Subject({ job }: { job: ProjectJob }) {
  const name = [job.local?.name, job.local?.case].filter(Boolean).join(' · ');
  if (!job.image_id) return name ? <span className={classes.file}>{name}</span> : null;
  return (
    <Link
      to="/ui/images/$imageId"
      params={{ imageId: job.image_id } as never}
      className={name ? `${classes.image} ${classes.file}` : classes.image}
    >
      {name || `…${job.image_id.slice(-6)}`}
    </Link>
  );
}

function Acts({ job }: { job: ProjectJob }) {
  const client = useQueryClient();
  const said = {
    onError: (error: Error) => notifications.show({ color: 'red', message: messageOf(error) }),
    onSettled: () => reload(client),
  };
  const again = useMutation({ mutationFn: () => retryProjectJob(job.id), ...said });
  const stop = useMutation({ mutationFn: () => stopProjectJob(job.id), ...said });
  const name = t`${kindText(job.kind)} for ${job.owner.name}`;
  if (job.state === 'failed' && job.retryable) {
    return (
      <Button
        size="compact-sm"
        variant="default"
        aria-label={t`Try again: ${name}`}
        loading={again.isPending}
        onClick={() => again.mutate()}
      >
        <Trans>Try again</Trans>
      </Button>
    );
  }
  if (job.state === 'queued' || job.state === 'running') {
    return (
      <Button
        size="compact-sm"
        variant="subtle"
        color="gray"
        aria-label={t`Cancel: ${name}`}
        loading={stop.isPending}
        onClick={() => stop.mutate()}
      >
        <Trans>Cancel</Trans>
      </Button>
    );
  }
  return null;
}

const reload = (client: QueryClient) => client.invalidateQueries({ queryKey: KEY });
