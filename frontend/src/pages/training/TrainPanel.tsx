import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, NumberInput } from '@mantine/core';
import { IconSchool } from '@tabler/icons-react';
import { queryOptions, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { fetchReadiness, fetchTrainingRuns, startTraining } from '../../api/training';
import type { TrainingReadiness, TrainingRun } from '../../api/types';
import { SPLIT_TEXT } from '../../app/poolText';
import { Figures } from '../../components/charts/Plot';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { TrainingRunView } from './TrainingRunView';
import classes from './TrainPanel.module.css';
import { remarkText, replayText } from './trainingText';

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
const EPOCHS = 12;
const MOST_EPOCHS = 200;

/** Trains a candidate on the pool: its training data, its progress and its outcome. */
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
    <Panel title={t`Train a model`}>
      {readiness.isError ? (
        <ErrorState error={readiness.error} onRetry={() => void readiness.refetch()} />
      ) : null}
      {readiness.data && !underWay ? (
        <ReadinessView
          readiness={readiness.data}
          starting={start.isPending}
          onStart={start.mutate}
        />
      ) : null}
      <FormError error={start.error} />
      {latest ? <TrainingRunView run={latest} /> : null}
    </Panel>
  );
}

interface ReadinessProps {
  readiness: TrainingReadiness;
  starting: boolean;
  onStart: (epochs: number) => void;
}

function ReadinessView({ readiness, starting, onStart }: ReadinessProps) {
  const { parts, parent, problem, warnings, worker } = readiness;
  const [epochs, setEpochs] = useState(EPOCHS);
  return (
    <div className={classes.ready}>
      <p>
        {parent
          ? t`${parent.replace('@', ' ')} is trained further on the current pool and then averaged with its previous weights. The result is a candidate; nothing is promoted automatically.`
          : t`A candidate is trained on the current pool.`}
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
      {readiness.classes.length > 0 ? (
        <Figures
          label={t`Classes that it would distinguish`}
          columns={[t`Class`, t`Training images`]}
          rows={readiness.classes.map((one) => [one.name, String(one.images)])}
        />
      ) : null}
      {readiness.replay.map((one) => (
        <p key={one.name}>{replayText(one)}</p>
      ))}
      {warnings.length > 0 && !problem ? (
        <ul className={classes.warnings}>
          {warnings.map((warning) => (
            <li key={`${warning.code} ${warning.name ?? ''}`}>{remarkText(warning, parent)}</li>
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
      <NumberInput
        label={t`Epochs`}
        description={t`Passes over the training images. The default was chosen by measurement; fewer take less time and learn less.`}
        min={1}
        max={MOST_EPOCHS}
        allowDecimal={false}
        clampBehavior="strict"
        styles={{ wrapper: { maxWidth: 140 } }}
        value={epochs}
        onChange={(value) => setEpochs(typeof value === 'number' ? value : EPOCHS)}
      />
      <Button
        leftSection={<IconSchool size={17} stroke={1.7} />}
        disabled={problem !== null}
        loading={starting}
        onClick={() => onStart(epochs)}
      >
        <Trans>Train a model</Trans>
      </Button>
    </div>
  );
}
