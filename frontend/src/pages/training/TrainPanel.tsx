import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import { fetchReadiness, fetchTrainingRuns, startTraining } from '../../api/training';
import type { TrainingReadiness, TrainingRun } from '../../api/types';
import { SPLIT_TEXT } from '../../app/poolText';
import { Figures } from '../../components/charts/Plot';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { TrainingRunView } from './TrainingRunView';
import classes from './TrainPanel.module.css';
import { remarkText } from './trainingText';

const isUnderWay = (run: TrainingRun): boolean => run.state === 'queued' || run.state === 'running';

export const trainingRunsQuery = queryOptions({
  queryKey: ['training-runs'],
  queryFn: ({ signal }) => fetchTrainingRuns(signal),
  refetchInterval: (query) => (query.state.data?.some(isUnderWay) ? 2_000 : false),
});

const readinessQuery = queryOptions({
  queryKey: ['training-readiness'],
  queryFn: ({ signal }) => fetchReadiness(signal),
});

const SPLITS = ['train', 'validation', 'test'] as const;

/** Trains a candidate on the pool: what it would learn from, how far it is, what came of it. */
export function TrainPanel() {
  const client = useQueryClient();
  const readiness = useQuery(readinessQuery);
  const runs = useQuery(trainingRunsQuery);
  const start = useMutation({
    mutationFn: startTraining,
    onSuccess: () => void client.invalidateQueries({ queryKey: trainingRunsQuery.queryKey }),
  });
  const latest = runs.data?.[0];
  const underWay = latest !== undefined && isUnderWay(latest);
  useEffect(() => {
    if (!underWay) void client.invalidateQueries({ queryKey: ['models'] });
  }, [underWay, client]);
  return (
    <div className={classes.place}>
      <Panel title={t`Train a model`}>
        {readiness.isError ? (
          <ErrorState error={readiness.error} onRetry={() => void readiness.refetch()} />
        ) : null}
        {readiness.data && !underWay ? (
          <ReadinessView
            readiness={readiness.data}
            starting={start.isPending}
            onStart={() => start.mutate()}
          />
        ) : null}
        <FormError error={start.error} />
        {latest ? <TrainingRunView run={latest} /> : null}
      </Panel>
    </div>
  );
}

interface ReadinessProps {
  readiness: TrainingReadiness;
  starting: boolean;
  onStart: () => void;
}

function ReadinessView({ readiness, starting, onStart }: ReadinessProps) {
  const { parts, parent, problem, warnings, worker } = readiness;
  return (
    <div className={classes.ready}>
      <p>
        {parent
          ? t`${parent.replace('@', ' ')} is trained further on what the pool holds now and then averaged with what it was. The result is a candidate; nothing is promoted by itself.`
          : t`A candidate is trained on what the pool holds now.`}
      </p>
      <Figures
        label={t`What a run would train on`}
        columns={[t`Part`, t`Images`, t`Patients`, t`Without lesion`]}
        rows={SPLITS.map((split) => [
          SPLIT_TEXT[split],
          String(parts[split]?.images ?? 0),
          String(parts[split]?.patients ?? 0),
          String(parts[split]?.lesion_free ?? 0),
        ])}
      />
      {warnings.length > 0 && !problem ? (
        <ul className={classes.warnings}>
          {warnings.map((warning) => (
            <li key={warning.code}>{remarkText(warning, parent)}</li>
          ))}
        </ul>
      ) : null}
      {problem ? <p className={classes.problem}>{remarkText(problem, parent)}</p> : null}
      {!worker && !problem ? (
        <p className={classes.problem}>
          <Trans>
            No training worker has been seen lately. A run waits until one is started:{' '}
            <code>sonoloop worker --queue train</code>
          </Trans>
        </p>
      ) : null}
      <Button
        leftSection={<IconSchool size={17} stroke={1.7} />}
        disabled={problem !== null}
        loading={starting}
        onClick={onStart}
      >
        <Trans>Train a model</Trans>
      </Button>
    </div>
  );
}
