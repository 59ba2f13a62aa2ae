import { IconBox } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { ModelCardPanel } from './ModelCardPanel';
import classes from './ModelsPage.module.css';
import { modelsQuery } from './modelsQuery';

export function ModelsPage() {
  const models = useQuery(modelsQuery);
  return (
    <Page>
      <PageHeader title="Models">
        The models that outline your images: what each was trained on, how well it did on unseen
        images, and where not to trust it.
      </PageHeader>
      {models.isPending ? <LoadingRows rows={3} /> : null}
      {models.isError ? (
        <ErrorState error={models.error} onRetry={() => void models.refetch()} />
      ) : null}
      {models.data?.length === 0 ? (
        <EmptyState icon={<IconBox size={36} stroke={1.3} />} title="No model is installed">
          <p>
            Put a model's folder into the data folder's models directory and restart the worker.
          </p>
        </EmptyState>
      ) : null}
      <div className={classes.list}>
        {models.data?.map((model) => (
          <ModelCardPanel key={`${model.name} ${model.version}`} model={model} />
        ))}
      </div>
    </Page>
  );
}
