import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Alert } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { Drift } from '../../api/types';
import { Figures } from '../../components/charts/Plot';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { currentLanguage } from '../../language/language';
import { counted, fixed, modelText, percentOf } from './figures';
import classes from './ModelsPage.module.css';
import { driftQuery } from './modelsQueries';

type Week = Drift['items'][number];
type Figure = Week['figures'][number];
type Measure = Figure['measure'];

const NAMES: Record<Measure, string> = {
  distance: t`Distance from the training images`,
  uncertainty: t`Uncertainty`,
  flagged: t`Unlike the training images`,
  corrected: t`Corrected`,
  dice: t`Dice of those corrected`,
};
const SHARES: readonly Measure[] = ['flagged', 'corrected'];

const weekText = (start: string) =>
  new Date(start).toLocaleDateString(currentLanguage(), { dateStyle: 'medium', timeZone: 'UTC' });

function valueText(measure: Measure, value: number | null): string {
  if (value === null) return '–';
  return SHARES.includes(measure) ? percentOf(value) : fixed(value, 2);
}

/** Whether images, answers and corrections are as they were when the version came into use. */
export function DriftPanel() {
  const drift = useQuery(driftQuery);
  if (drift.isError) {
    return (
      <Panel title={t`Drift by week`}>
        <ErrorState error={drift.error} onRetry={() => void drift.refetch()} />
      </Panel>
    );
  }
  const weeks = drift.data?.items ?? [];
  if (!drift.data || weeks.length === 0) return null;
  const patients = counted(drift.data.fewest_patients);
  return (
    <Panel title={t`Drift by week`}>
      {weeks
        .slice(0, 4)
        .flatMap((week) =>
          week.alarms.map((alarm) => (
            <Alarm key={`${week.week} ${week.model} ${alarm.measure}`} week={week} alarm={alarm} />
          )),
        )}
      <Figures
        label={t`Drift by week`}
        columns={[t`Week from`, t`Model`, t`Images`, t`Patients`, ...Object.values(NAMES)]}
        rows={weeks.map((week): [string, ...string[]] => [
          weekText(week.week),
          modelText(week.model),
          counted(week.images),
          counted(week.patients),
          ...week.figures.map((one) => valueText(one.measure, one.after)),
        ])}
      />
      <p className={classes.quiet}>
        <Trans>
          Each completed week is compared with the first images of the version that outlined it,
          with one value per patient. Weeks with fewer than {patients} patients raise no alarm.
          Alarms are corrected for the number of weeks and measures: the probability of any false
          alarm is 5 %.
        </Trans>
      </p>
    </Panel>
  );
}

function Alarm({ week, alarm }: { week: Week; alarm: Week['alarms'][number] }) {
  const name = NAMES[alarm.measure];
  const before = valueText(alarm.measure, alarm.before);
  const after = valueText(alarm.measure, alarm.after);
  const from = weekText(week.week);
  const count = alarm.images.length;
  return (
    <Alert color="yellow" variant="outline" title={t`Week from ${from}: ${name}`} mb="sm">
      <p className={classes.quiet}>
        <Trans>
          {after} instead of {before}, more than chance explains.
        </Trans>{' '}
        {plural(count, {
          one: 'The image that contributed most:',
          other: 'The # images that contributed most:',
        })}{' '}
        {alarm.images.map((id, index) => {
          const number = index + 1;
          return (
            <span key={id}>
              {index > 0 ? ', ' : null}
              <Link to="/ui/images/$imageId" params={{ imageId: id }}>{t`image ${number}`}</Link>
            </span>
          );
        })}
      </p>
    </Alert>
  );
}
