import '../../api/moreTexts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { IconBox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { Deployment, Model } from '../../api/types';
import { isAdmin, isSiteAdmin, useUser } from '../../app/session';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { BundlesPanel } from './BundlesPanel';
import { DriftPanel } from './DriftPanel';
import { EffortPanel } from './EffortPanel';
import { EvaluationsPanel } from './EvaluationsPanel';
import { ImportPanel } from './ImportPanel';
import { ModelActions } from './ModelActions';
import { ModelCardPanel } from './ModelCardPanel';
import classes from './ModelsPage.module.css';
import { deploymentsQuery } from './modelsQueries';
import { modelsQuery } from './modelsQuery';
import { ReferenceSetsPanel } from './ReferenceSetsPanel';
import { RequestsPanel } from './RequestsPanel';
import { ServingPanel } from './ServingPanel';
import { ShadowPanel } from './ShadowPanel';

/** The serving version comes first; versions that may never serve come last. */
const ORDER: readonly Model['state'][] = [
  'serving',
  'shadow',
  'evaluated',
  'candidate',
  'retired',
  'rejected',
  'broken',
];
const servingFirst = (a: Model, b: Model) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state);

export function ModelsPage() {
  const models = useQuery(modelsQuery);
  const now = useQuery(deploymentsQuery).data?.find((row) => row.serving);
  const user = useUser();
  const admin = isAdmin(user);
  const site = isSiteAdmin(user);
  const sorted = models.data?.toSorted(servingFirst) ?? [];
  const serving = sorted.filter((model) => model.state === 'serving');
  const others = sorted.filter((model) => model.state !== 'serving');
  return (
    <Page>
      <PageHeader title={t`Models`}>
        <Trans>
          The models that outline your images: which one is in use, what each was trained on, how
          well it did on unseen images, and where not to trust it.
        </Trans>
      </PageHeader>
      <div className={classes.sections}>
        <ServingPanel />
        {admin ? <RequestsPanel /> : null}
      </div>
      {models.isPending ? <LoadingRows rows={3} /> : null}
      {models.isError ? (
        <ErrorState error={models.error} onRetry={() => void models.refetch()} />
      ) : null}
      {models.data?.length === 0 ? (
        <EmptyState icon={<IconBox size={36} stroke={1.3} />} title={t`No model is installed`}>
          <p>
            <Trans>The models that come with the software appear once a worker has started.</Trans>
          </p>
        </EmptyState>
      ) : null}
      <Cards models={serving} now={now} />
      <div className={classes.sections}>
        {admin ? <DriftPanel /> : null}
        {admin ? <EffortPanel /> : null}
        {admin ? <ShadowPanel /> : null}
        {admin ? <EvaluationsPanel /> : null}
        {site ? <ReferenceSetsPanel /> : null}
      </div>
      <Cards models={others} now={now} />
      <div className={classes.sections}>
        {site ? <ImportPanel /> : null}
        {site ? <BundlesPanel /> : null}
      </div>
    </Page>
  );
}

function Cards({ models, now }: { models: readonly Model[]; now: Deployment | undefined }) {
  return (
    <div className={classes.list}>
      {models.map((model) => (
        <ModelCardPanel
          key={`${model.name} ${model.version}`}
          model={model}
          actions={<ModelActions model={model} now={now} />}
        />
      ))}
    </div>
  );
}
