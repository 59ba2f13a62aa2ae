import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import type { VersionEffort } from '../../api/types';
import { Figures } from '../../components/charts/Plot';
import { ErrorState } from '../../components/ErrorState';
import { Panel } from '../../components/Panel';
import { timeText } from '../effort/effortText';
import { counted, fixed, modelText, percentOf } from './figures';
import classes from './ModelsPage.module.css';
import { versionEffortQuery } from './modelsQueries';

const share = (value: number | null) => (value === null ? '–' : percentOf(value));
const dice = (value: number | null) => (value === null ? '–' : fixed(value, 3));

/** Effort by version, which shows whether a promotion saved time. */
export function EffortPanel() {
  const effort = useQuery(versionEffortQuery);
  if (effort.isError) {
    return (
      <Panel title={t`Effort by version`}>
        <ErrorState error={effort.error} onRetry={() => void effort.refetch()} />
      </Panel>
    );
  }
  if (!effort.data || effort.data.items.length === 0) return null;
  const readings = counted(effort.data.fewest_readings);
  const patients = counted(effort.data.fewest_patients);
  return (
    <Panel title={t`Effort by version`}>
      <Difference report={effort.data} />
      <Figures
        label={t`Effort by the version that made the first outline`}
        columns={[
          t`Model`,
          t`Readings`,
          t`Patients`,
          t`Time for an image, median`,
          t`Corrected`,
          t`Dice of those corrected`,
        ]}
        rows={effort.data.items.map((one): [string, ...string[]] => {
          const model = modelText(one.model);
          return [
            one.serving ? t`${model} (in use)` : model,
            counted(one.readings),
            counted(one.patients),
            timeText(one.seconds_median),
            share(one.corrected_share),
            dice(one.corrected_dice),
          ];
        })}
      />
      <p className={classes.quiet}>
        <Trans>
          Submitted readings, by the version whose outline the reader started from. Below {readings}{' '}
          readings or {patients} patients no conclusion is drawn. Readers also get faster with
          practice, whatever the model.
        </Trans>
      </p>
    </Panel>
  );
}

function Difference({ report }: { report: VersionEffort }) {
  const { difference } = report;
  if (!difference) return null;
  const model = modelText(difference.model);
  const before = modelText(difference.before);
  const { seconds, corrected } = difference;
  if (!seconds) {
    return (
      <p>
        <Trans>
          Too few readings yet to say whether {model} saves time compared with {before}.
        </Trans>
      </p>
    );
  }
  const mean = timeText(Math.abs(seconds.mean));
  const low = fixed(seconds.low, 1, true);
  const high = fixed(seconds.high, 1, true);
  const points = corrected ? fixed(corrected.mean * 100, 0, true) : null;
  return (
    <p>
      <strong>
        {seconds.high < 0 ? (
          <Trans>
            {model} saves {mean} for each image compared with {before}.
          </Trans>
        ) : seconds.low > 0 ? (
          <Trans>
            {model} costs {mean} more for each image than {before}.
          </Trans>
        ) : (
          <Trans>
            No difference in time is shown between {model} and {before}.
          </Trans>
        )}
      </strong>{' '}
      <Trans>
        95 % interval of the difference: {low} to {high} s.
      </Trans>{' '}
      {points === null ? null : <Trans>Share corrected: {points} percentage points.</Trans>}
    </p>
  );
}
