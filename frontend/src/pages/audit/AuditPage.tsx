import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Menu } from '@mantine/core';
import { IconDownload, IconShieldCheck, IconShieldX } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate, useSearch } from '@tanstack/react-router';
import { useMemo, useState } from 'react';
import { type AuditSelection, auditFile, fetchAudit, verifyAudit } from '../../api/audit';
import { projectsQuery } from '../../api/projectsQuery';
import type { AuditEvent } from '../../api/types';
import { labelSetsQuery } from '../../app/labelSetQuery';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { ExactMoment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { SiteTabs } from '../../components/SiteTabs';
import { currentLanguage } from '../../language/language';
import { groupsQuery, peopleQuery } from '../people/peopleQuery';
import { AuditFilters } from './AuditFilters';
import classes from './AuditPage.module.css';
import { actionText, objectText } from './actionText';
import { detailText, idText, type Names } from './detailText';

export function AuditPage() {
  const { object_id } = useSearch({ from: '/shell/ui/audit' });
  const [chosen, setChosen] = useState<AuditSelection>({});
  const names = useNames();
  const navigate = useNavigate();
  const selection = useMemo(() => ({ ...chosen, object_id }), [chosen, object_id]);
  const setSelection = (next: AuditSelection) => {
    setChosen(next);
    if (next.object_id === object_id) return;
    const search = next.object_id ? { object_id: next.object_id } : {};
    void navigate({ to: '/ui/audit', search });
  };
  const audit = useInfiniteQuery({
    queryKey: ['audit', selection],
    queryFn: ({ pageParam, signal }) => fetchAudit(selection, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const check = useMutation({ mutationFn: verifyAudit });
  const events = audit.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader
        title={t`Audit log`}
        actions={
          <>
            <Button variant="default" loading={check.isPending} onClick={() => check.mutate()}>
              <Trans>Verify the chain</Trans>
            </Button>
            <Menu position="bottom-end">
              <Menu.Target>
                <Button variant="default" leftSection={<IconDownload size={16} stroke={1.8} />}>
                  <Trans>Export</Trans>
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item component="a" href={auditFile(selection, 'csv')} download>
                  <Trans>Table (CSV)</Trans>
                </Menu.Item>
                <Menu.Item component="a" href={auditFile(selection, 'jsonl')} download>
                  <Trans>JSON Lines</Trans>
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </>
        }
      >
        <Trans>
          Who did what, newest first. Each entry contains a hash of the one before it, so later
          changes are detected.
        </Trans>
      </PageHeader>
      <SiteTabs />
      <div role="status">
        {check.data ? (
          <p className={classes.verdict} data-ok={check.data.ok}>
            {check.data.ok ? <IconShieldCheck size={18} /> : <IconShieldX size={18} />}
            {check.data.ok
              ? t`All ${check.data.events.toLocaleString(currentLanguage())} entries are unchanged.`
              : t`The chain is broken at entry ${check.data.broken_at ?? 0}; keep a copy of the database and find out who had access to it.`}
          </p>
        ) : null}
        <FormError error={check.error} />
      </div>
      <AuditFilters selection={selection} onChange={setSelection} />
      {audit.isPending ? <LoadingRows rows={10} /> : null}
      {audit.isError && events.length === 0 ? (
        <ErrorState error={audit.error} onRetry={() => void audit.refetch()} />
      ) : null}
      {events.length > 0 ? (
        <DataTable
          label={t`Audit log`}
          columns={[t`When`, t`Who`, t`What`, t`Object`, t`Detail`]}
          ownRows
        >
          {events.map((event) => (
            <EventRow key={event.id} event={event} names={names} />
          ))}
        </DataTable>
      ) : null}
      {audit.isSuccess && events.length === 0 ? (
        <p className={classes.none}>
          <Trans>No entry fits these filters.</Trans>
        </p>
      ) : null}
      {audit.hasNextPage ? (
        <div className={classes.more}>
          <Button
            variant="default"
            loading={audit.isFetchingNextPage}
            onClick={() => void audit.fetchNextPage()}
          >
            <Trans>Older entries</Trans>
          </Button>
        </div>
      ) : null}
    </Page>
  );
}

/** Current names for ids in the log, which stores ids because its entries are never corrected. */
function useNames(): Names {
  const people = useQuery(peopleQuery).data;
  const projects = useQuery(projectsQuery).data;
  const sets = useQuery(labelSetsQuery).data;
  const groups = useQuery(groupsQuery).data;
  return useMemo(() => {
    const all: { id: string; name: string }[] = [];
    for (const found of [people, projects, sets, groups]) all.push(...(found ?? []));
    return new Map(all.map(({ id, name }) => [id, name]));
  }, [people, projects, sets, groups]);
}

function EventRow({ event, names }: { event: AuditEvent; names: Names }) {
  const detail = detailText(event.detail, names);
  return (
    <tr className={classes.row}>
      <td className={classes.when}>
        <ExactMoment at={event.at} />
      </td>
      <td className={classes.who}>{event.actor?.name ?? 'Sonoloop'}</td>
      <td className={classes.action} title={event.action}>
        {actionText(event.action)}
      </td>
      <td className={classes.object} title={event.object_id ?? ''}>
        {event.object_id ? (
          <Link to="/ui/audit" search={{ object_id: event.object_id }}>
            {objectText(event.object_type)} {idText(event.object_id, names)}
          </Link>
        ) : (
          objectText(event.object_type)
        )}
      </td>
      <td className={classes.detail} data-none={!detail || undefined}>
        {detail || '–'}
      </td>
    </tr>
  );
}
