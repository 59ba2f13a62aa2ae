import '../../api/moreTexts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { PoolTabs } from '../pool/PoolTabs';
import { ArchiveDrop } from './ArchiveDrop';
import { ImportPanel } from './ImportPanel';
import classes from './ImportsPage.module.css';
import { importsQuery } from './importsQuery';

export function ImportsPage() {
  const imports = useInfiniteQuery(importsQuery);
  const items = imports.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader title={t`Imports`}>
        <Trans>
          Labels that were drawn elsewhere. The images are de-identified like uploads; sending the
          same archive twice stores nothing twice.
        </Trans>
      </PageHeader>
      <PoolTabs />
      <div className={classes.list}>
        <ArchiveDrop />
        {imports.isPending ? <LoadingRows rows={2} /> : null}
        {imports.isError && items.length === 0 ? (
          <ErrorState error={imports.error} onRetry={() => void imports.refetch()} />
        ) : null}
        {items.length > 0 ? (
          <h2 className={classes.title}>
            <Trans>Imports so far</Trans>
          </h2>
        ) : null}
        {items.map((item) => (
          <ImportPanel key={item.id} item={item} />
        ))}
        {imports.hasNextPage ? (
          <Button
            variant="default"
            loading={imports.isFetchingNextPage}
            onClick={() => void imports.fetchNextPage()}
          >
            <Trans>Older imports</Trans>
          </Button>
        ) : null}
      </div>
    </Page>
  );
}
