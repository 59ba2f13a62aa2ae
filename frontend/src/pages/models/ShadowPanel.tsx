import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { stopShadow } from '../../api/shadow';
import type { Shadow } from '../../api/types';
import { LineChart } from '../../components/charts/LineChart';
import { Figures, Plot } from '../../components/charts/Plot';
import { ScatterChart } from '../../components/charts/ScatterChart';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { currentLanguage } from '../../language/language';
import { counted, fixed, modelText } from './figures';
import classes from './ModelsPage.module.css';
import { shadowsQuery } from './modelsQueries';
import { rowsOf } from './shadow';

const two = (value: number) => fixed(value, 2);
const week = (start: string) =>
  new Date(start).toLocaleDateString(currentLanguage(), {
    day: 'numeric',
    month: 'short',
    timeZone: 'UTC',
  });

/** The version running alongside the one in use, and how both agree with approved outlines. */
export function ShadowPanel() {
  const shadows = useQuery(shadowsQuery);
  const newest = shadows.data?.[0];
  if (shadows.isError) {
    return (
      <Panel title={t`Shadow`}>
        <ErrorState error={shadows.error} onRetry={() => void shadows.refetch()} />
      </Panel>
    );
  }
  if (!newest) return null;
  return (
    <Panel title={t`Shadow`}>
      <Standing shadow={newest} />
      <Agreement shadow={newest} />
      <Earlier shadows={shadows.data?.slice(1) ?? []} />
    </Panel>
  );
}

function Standing({ shadow }: { shadow: Shadow }) {
  const client = useQueryClient();
  const stop = useMutation({
    mutationFn: stopShadow,
    onSettled: () => {
      for (const key of ['shadow', 'models']) void client.invalidateQueries({ queryKey: [key] });
    },
  });
  const model = modelText(shadow.model);
  const name = shadow.created_by.name;
  const why = shadow.ended_at ? (shadow.end_reason ?? '') : shadow.reason;
  const { waiting } = shadow;
  return (
    <>
      <div className={classes.now}>
        <p>
          {shadow.ended_at ? (
            <Trans>
              <strong>{model}</strong> ran beside the version in use until{' '}
              <Moment at={shadow.ended_at} />. {why}
            </Trans>
          ) : (
            <Trans>
              <strong>{model}</strong> runs beside the version in use, on new images, whenever the
              workers have nothing else to do. Readers do not see it. Started by {name}{' '}
              <Moment at={shadow.created_at} />: {why}
            </Trans>
          )}
        </p>
        {shadow.ended_at ? null : (
          <Button
            size="xs"
            variant="default"
            loading={stop.isPending}
            onClick={() => stop.mutate()}
          >
            <Trans>Stop the shadow</Trans>
          </Button>
        )}
      </div>
      {waiting > 0 ? (
        <p className={classes.quiet}>
          {plural(waiting, { one: '# image waits for it.', other: '# images wait for it.' })}
        </p>
      ) : null}
      <FormError error={stop.error} />
    </>
  );
}

function Agreement({ shadow }: { shadow: Shadow }) {
  const { figures } = shadow;
  if (!figures || figures.answers === 0) {
    return (
      <p className={classes.quiet}>
        <Trans>It has outlined no image yet.</Trans>
      </p>
    );
  }
  const answers = counted(figures.answers);
  const compared = counted(figures.compared);
  const difference = figures.all.difference;
  const gain = difference ? fixed(difference.mean, 3, true) : '';
  const low = difference ? fixed(difference.low, 3, true) : '';
  const high = difference ? fixed(difference.high, 3, true) : '';
  const columns = [
    t`Agreement with what was approved`,
    t`In use`,
    t`Shadow`,
    t`In use, read blind`,
    t`Shadow, read blind`,
  ];
  const furthest = figures.furthest;
  return (
    <>
      <p className={classes.quiet}>
        <Trans>
          It has outlined {answers} images, of which {compared} were approved since.
        </Trans>{' '}
        {difference ? (
          <Trans>
            Its Dice differs by {gain} [{low}, {high}] from that of the version in use.
          </Trans>
        ) : (
          <Trans>
            With fewer than ten patients with a lesion, the difference cannot be judged.
          </Trans>
        )}{' '}
        <Trans>
          Readers started from the outline of the version in use, which makes it look better than it
          is; images that were read blind do not.
        </Trans>
      </p>
      <Figures
        label={t`Agreement with what was approved`}
        columns={columns}
        rows={rowsOf(figures)}
      />
      {figures.points.length > 0 ? (
        <div className={classes.columns}>
          <Plot
            title={t`Dice of each image with a lesion`}
            note={t`Above the line the shadow is better.`}
          >
            <ScatterChart
              label={t`Dice with what was approved: the version in use across, the shadow upwards`}
              x={t`In use`}
              y={t`Shadow`}
              points={figures.points}
              format={two}
            />
          </Plot>
          <Plot title={t`Mean Dice by week of approval`}>
            <LineChart
              label={t`Mean Dice by week of approval`}
              categories={figures.weeks.map((one) => week(one.start))}
              values={figures.weeks.map((one) => one.dice[0])}
              second={{
                names: [t`In use`, t`Shadow`],
                values: figures.weeks.map((one) => one.dice[1]),
              }}
              format={two}
              max={1}
            />
          </Plot>
        </div>
      ) : null}
      {furthest.length > 0 ? (
        <p className={classes.quiet}>
          <Trans>Where the two differ most:</Trans>{' '}
          {furthest.map((one, index) => {
            const before = fixed(one.dice[0], 2);
            const after = fixed(one.dice[1], 2);
            return (
              <span key={`${one.image_id} ${one.frame_index}`}>
                {index > 0 ? ', ' : null}
                <Link to="/ui/images/$imageId" params={{ imageId: one.image_id }}>
                  {t`${before} in use, ${after} shadow`}
                </Link>
              </span>
            );
          })}
        </p>
      ) : null}
    </>
  );
}

function Earlier({ shadows }: { shadows: readonly Shadow[] }) {
  if (shadows.length === 0) return null;
  return (
    <details>
      <summary>
        <Trans>Earlier shadows</Trans>
      </summary>
      <ul>
        {shadows.map((one) => {
          const model = modelText(one.model);
          const images = one.figures?.compared ?? 0;
          const dice = one.figures?.all.dice ?? [null, null];
          const before = dice[0] === null ? '–' : two(dice[0]);
          const after = dice[1] === null ? '–' : two(dice[1]);
          return (
            <li key={one.id}>
              <Moment at={one.created_at} />: {model},{' '}
              {plural(images, { one: '# image approved', other: '# images approved' })},{' '}
              <Trans>
                Dice {before} in use, {after} shadow
              </Trans>
            </li>
          );
        })}
      </ul>
    </details>
  );
}
