import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { sentenceOf } from '../../api/problem';
import { cancelTraining } from '../../api/training';
import type { TrainingRun } from '../../api/types';
import { LineChart } from '../../components/charts/LineChart';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { fixed } from '../../language/language';
import { englishOf, type Note, noteText } from '../models/noteText';
import classes from './TrainPanel.module.css';
import { stageText } from './trainingText';

interface Epoch {
  epoch?: number;
  loss?: number;
  validation_iou?: Record<string, number>;
}

/** Seconds in words: "2 min", "3 h 10 min". */
export function duration(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? t`${hours} h ${minutes % 60} min` : t`${minutes} min`;
}

const mean = (scores: Record<string, number> | undefined): number | null => {
  const values = Object.values(scores ?? {});
  return values.length > 0 ? values.reduce((a, b) => a + b, 0) / values.length : null;
};

const three = (value: number): string => fixed(value, 3);

function statusOf(run: TrainingRun): string {
  const model = run.model.replace('@', ' ');
  if (run.state === 'queued') return t`${model} is waiting for a training worker.`;
  if (run.state === 'cancelled') return t`The run for ${model} was cancelled.`;
  if (run.state === 'failed') {
    const why = run.problem ? sentenceOf(run.problem) : '';
    return t`The run for ${model} failed: ${why}`;
  }
  if (run.state === 'done') {
    return run.outcome?.digest
      ? t`${model} is a candidate now.`
      : t`No mixture was better than ${run.parent.replace('@', ' ')}; nothing was made.`;
  }
  const epoch = run.epoch > 0 ? `, ${t`epoch ${run.epoch} of ${run.epochs}`}` : '';
  const left = run.seconds_left ? `, ${t`${duration(run.seconds_left)} left`}` : '';
  return `${model}: ${stageText(run.stage ?? 'starting')}${epoch}${left}`;
}

/** One run: how far it is, its curve, and what came of it. */
export function TrainingRunView({ run }: { run: TrainingRun }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelTraining(run.id),
    onSettled: () => void client.invalidateQueries({ queryKey: ['training-runs'] }),
  });
  const underWay = run.state === 'queued' || run.state === 'running';
  const curve = run.curve as Epoch[];
  const notes = (run.outcome?.notes ?? []) as Note[];
  return (
    <section className={classes.run} aria-label={t`Last run`}>
      <div className={classes.head}>
        <p role="status">{statusOf(run)}</p>
        <Moment at={run.created_at} />
        {underWay ? (
          <Button
            size="xs"
            variant="default"
            loading={cancel.isPending}
            onClick={() => cancel.mutate()}
          >
            <Trans>Cancel</Trans>
          </Button>
        ) : null}
        {run.state === 'done' && run.outcome?.digest ? (
          <Button size="xs" variant="default" component={Link} to="/ui/models">
            <Trans>See it</Trans>
          </Button>
        ) : null}
      </div>
      {run.state === 'running' ? (
        <Progress value={run.progress * 100} aria-label={t`Progress of the run`} />
      ) : null}
      {curve.length > 0 ? (
        <div className={classes.curves}>
          <figure>
            <figcaption>
              <Trans>Lesion IoU on the validation images</Trans>
            </figcaption>
            <LineChart
              label={t`Lesion IoU on the validation images, by epoch`}
              categories={curve.map((record, index) => String(record.epoch ?? index + 1))}
              values={curve.map((record) => mean(record.validation_iou))}
              format={three}
              formatTick={(value) => fixed(value, 1)}
              max={1}
              height={168}
            />
          </figure>
          <figure>
            <figcaption>
              <Trans>Loss</Trans>
            </figcaption>
            <LineChart
              label={t`Loss, by epoch`}
              categories={curve.map((record, index) => String(record.epoch ?? index + 1))}
              values={curve.map((record) => record.loss ?? null)}
              format={three}
              height={168}
            />
          </figure>
        </div>
      ) : null}
      {notes.length > 0 ? (
        <ul className={classes.warnings}>
          {notes.map((note) => (
            <li key={englishOf(note)}>{noteText(note)}</li>
          ))}
        </ul>
      ) : null}
      <FormError error={cancel.error} />
    </section>
  );
}
