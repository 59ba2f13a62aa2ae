import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Progress } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { sentenceOf } from '../../api/problem';
import { cancelTraining } from '../../api/training';
import type { TrainingRun } from '../../api/types';
import { LineChart } from '../../components/charts/LineChart';
import { Figures } from '../../components/charts/Plot';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { comma, fixed } from '../../language/language';
import { percentOf } from '../models/figures';
import { englishOf, type Note, noteText } from '../models/noteText';
import classes from './TrainPanel.module.css';
import { logText, stageText } from './trainingText';

interface Epoch {
  epoch?: number;
  loss?: number;
  validation_iou?: Record<string, number>;
}

/** IoU by the fraction of new weights, then by data set. */
type Mixing = Record<string, Record<string, number>>;

/** A duration: "2 min", "3 h 10 min". */
export function duration(seconds: number): string {
  const minutes = Math.max(1, Math.round(seconds / 60));
  const hours = Math.floor(minutes / 60);
  return hours > 0 ? t`${hours} h ${minutes % 60} min` : t`${minutes} min`;
}

/** The pool's images, as opposed to the images that are trained on again. */
const POOL = 'pool';

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
  const standing = [
    stageText(run.stage ?? 'starting'),
    ...(run.epoch > 0 ? [t`epoch ${run.epoch} of ${run.epochs}`] : []),
    ...(run.seconds_left ? [t`${duration(run.seconds_left)} left`] : []),
  ].join(comma());
  return t`${model}: ${standing}`;
}

/** One run: its progress, its curve and its outcome. */
export function TrainingRunView({ run }: { run: TrainingRun }) {
  const client = useQueryClient();
  const cancel = useMutation({
    mutationFn: () => cancelTraining(run.id),
    onSettled: () => void client.invalidateQueries({ queryKey: ['training-runs'] }),
  });
  const by = run.created_by.name;
  const underWay = run.state === 'queued' || run.state === 'running';
  const curve = run.curve as Epoch[];
  const notes = (run.outcome?.notes ?? []) as Note[];
  const mixing = Object.entries((run.outcome?.mixing ?? {}) as Mixing).toSorted(
    ([one], [other]) => Number(one) - Number(other),
  );
  const sets = Object.keys(mixing[0]?.[1] ?? {});
  return (
    <section className={classes.run} aria-label={t`Last run`}>
      <div className={classes.head}>
        <p role="status">{statusOf(run)}</p>
        <span>
          <Trans>
            Started by {by} <Moment at={run.created_at} />
          </Trans>
        </span>
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
      {/* A single epoch is just one figure, which the log contains. */}
      {curve.length > 1 ? (
        <div className={classes.curves}>
          <figure>
            <figcaption>
              <Trans>Lesion IoU on the validation images</Trans>
            </figcaption>
            <LineChart
              label={t`Lesion IoU on the validation images, by epoch`}
              categories={curve.map((record, index) => String(record.epoch ?? index + 1))}
              values={curve.map((record) => record.validation_iou?.[POOL] ?? null)}
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
      {mixing.length > 0 ? (
        <Figures
          label={t`IoU on the validation images, by the share of new weights`}
          columns={[t`Share of new weights`, ...sets.map((name) => setText(run, name))]}
          rows={mixing.map(([share, scores]) => [
            percentOf(Number(share)),
            ...sets.map((name) => three(scores[name] ?? 0)),
          ])}
        />
      ) : null}
      {notes.length > 0 ? (
        <ul className={classes.warnings}>
          {notes.map((note) => (
            <li key={englishOf(note)}>{noteText(note)}</li>
          ))}
        </ul>
      ) : null}
      {run.log.length > 0 ? (
        <details className={classes.log}>
          <summary>
            <Trans>Log</Trans>
          </summary>
          <ol>
            {run.log.map((entry) => (
              <li key={`${entry.at} ${entry.stage ?? ''} ${entry.epoch ?? ''}`}>
                <Moment at={entry.at} /> {logText(entry)}
              </li>
            ))}
          </ol>
        </details>
      ) : null}
      <FormError error={cancel.error} />
    </section>
  );
}

/** The label of a run's data set. */
function setText(run: TrainingRun, name: string): string {
  if (name === POOL) return t`Pool`;
  const number = Number(name.split('-').at(-1));
  return run.replay[number - 1]?.name ?? name;
}
