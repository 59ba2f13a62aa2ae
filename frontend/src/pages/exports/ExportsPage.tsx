import '../../api/moreTexts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { notifications } from '@mantine/notifications';
import { IconPackageExport } from '@tabler/icons-react';
import {
  keepPreviousData,
  queryOptions,
  useInfiniteQuery,
  useMutation,
  useQuery,
  useQueryClient,
} from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { createExport, previewExport } from '../../api/exports';
import type { ExportOrder } from '../../api/workflowTypes';
import { DataTable } from '../../components/DataTable';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { PoolTabs } from '../pool/PoolTabs';
import { ExportRow } from './ExportRow';
import classes from './ExportsPage.module.css';
import { EXPORTS_KEY, exportsQuery } from './exportsQuery';
import { FilterFields } from './FilterFields';
import { FormatCards } from './FormatCards';
import { NEW_ORDER, type OrderDraft, orderOf } from './orderDraft';
import { Preview } from './Preview';
import { SuspectedTextChoice } from './SuspectedTextChoice';
import { TextSearchPanel } from './TextSearchPanel';

const previewQuery = (order: ExportOrder | null) =>
  queryOptions({
    queryKey: ['export-preview', order?.filters, order?.lesion_names, order?.suspected_text],
    queryFn: ({ signal }) => previewExport(order as ExportOrder, signal),
    enabled: order !== null,
    placeholderData: keepPreviousData,
    staleTime: 10_000,
  });

export function ExportsPage() {
  return (
    <Page>
      <PageHeader title={t`Exports`}>
        <Trans>
          Images and masks for training elsewhere: without identities, with a manifest, and with
          training, validation and test kept apart by patient.
        </Trans>
      </PageHeader>
      <PoolTabs />
      <TextSearchPanel />
      <NewExport />
      <Exports />
    </Page>
  );
}

function NewExport() {
  const client = useQueryClient();
  const [draft, setDraft] = useState<OrderDraft>(NEW_ORDER);
  const [settled] = useDebouncedValue(draft, 250);
  const order = useMemo(() => orderOf(settled), [settled]);
  const preview = useQuery(previewQuery(order));
  const start = useMutation({
    mutationFn: (wanted: ExportOrder) => createExport(wanted),
    onSuccess: () => {
      notifications.show({ message: t`The export is being written.` });
      void client.invalidateQueries({ queryKey: EXPORTS_KEY });
    },
  });
  const ready = orderOf(draft);
  const nothing = preview.data?.counts.images === 0;
  return (
    <Panel title={t`New export`}>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          if (ready) start.mutate(ready);
        }}
      >
        <div className={classes.choices}>
          <FormatCards value={draft.format} onChange={(format) => setDraft({ ...draft, format })} />
          <FilterFields draft={draft} onChange={(change) => setDraft({ ...draft, ...change })} />
        </div>
        <div className={classes.summary}>
          {order ? (
            <Preview
              preview={preview.data}
              error={preview.error}
              stale={preview.isPlaceholderData || settled !== draft}
            />
          ) : (
            <p className={classes.hint}>
              <Trans>Choose at least one part and one state.</Trans>
            </p>
          )}
          {preview.data ? (
            <SuspectedTextChoice
              preview={preview.data}
              value={draft.suspectedText}
              onChange={(suspectedText) => setDraft({ ...draft, suspectedText })}
            />
          ) : null}
          <FormError error={start.error} />
          <Button
            type="submit"
            fullWidth
            mt="md"
            disabled={ready === null || nothing}
            loading={start.isPending}
            leftSection={<IconPackageExport size={17} stroke={1.7} />}
          >
            <Trans>Export</Trans>
          </Button>
          {nothing ? (
            <p className={classes.hint}>
              {preview.data && preview.data.counts.text_unknown > 0
                ? t`The matching images have not been searched for text yet.`
                : preview.data && preview.data.counts.suspected_text > 0
                  ? t`Every matching image may show text. Check them in the worklist first.`
                  : t`No mask matches. Widen the filters or approve images first.`}
            </p>
          ) : null}
        </div>
      </form>
    </Panel>
  );
}

function Exports() {
  const exports = useInfiniteQuery(exportsQuery);
  const items = exports.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={classes.list}>
      <h2 className={classes.title}>
        <Trans>Exports so far</Trans>
      </h2>
      {exports.isPending ? <LoadingRows rows={3} /> : null}
      {exports.isError && items.length === 0 ? (
        <ErrorState error={exports.error} onRetry={() => void exports.refetch()} />
      ) : null}
      {exports.isSuccess && items.length === 0 ? (
        <EmptyState icon={<IconPackageExport size={36} stroke={1.3} />} title={t`No exports yet`}>
          <p>
            <Trans>
              Archives that you or another administrator make are listed here until deleted.
            </Trans>
          </p>
        </EmptyState>
      ) : null}
      {items.length > 0 ? (
        <DataTable label={t`Exports`} columns={[t`Format`, t`Images`, t`State`, t`Made`, '']}>
          {items.map((item) => (
            <ExportRow key={item.id} item={item} />
          ))}
        </DataTable>
      ) : null}
      {exports.hasNextPage ? (
        <Button
          variant="default"
          mt="md"
          loading={exports.isFetchingNextPage}
          onClick={() => void exports.fetchNextPage()}
        >
          <Trans>Older exports</Trans>
        </Button>
      ) : null}
    </section>
  );
}
