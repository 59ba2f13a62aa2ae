import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { fetchStorage, type ProjectStorage, type SiteStorage } from '../../api/storage';
import { sizeText } from '../../app/poolText';
import { projectOf, useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { SiteTabs } from '../../components/SiteTabs';
import { currentLanguage } from '../../language/language';
import classes from './SitePage.module.css';

/** What uses the site's storage, and how much of it could be freed. */
export function StoragePage() {
  const storage = useQuery({
    queryKey: ['storage'],
    queryFn: ({ signal }) => fetchStorage(signal),
  });
  return (
    <Page>
      <PageHeader title={t`Storage`}>
        <Trans>What is stored, by project and by what it is used for.</Trans>
      </PageHeader>
      <SiteTabs />
      {storage.isPending ? <LoadingRows /> : null}
      {storage.isError ? (
        <ErrorState error={storage.error} onRetry={() => void storage.refetch()} />
      ) : null}
      {storage.data ? <Overview storage={storage.data} /> : null}
    </Page>
  );
}

const totalOf = (one: ProjectStorage): number =>
  one.image_bytes + one.deleted_bytes + one.export_bytes + one.import_bytes + one.upload_bytes;

function Overview({ storage }: { storage: SiteStorage }) {
  const here = projectOf(useUser());
  const projects = [...storage.projects].sort((a, b) => totalOf(b) - totalOf(a));
  const kept = projects.reduce((sum, one) => sum + totalOf(one), 0);
  const freed = projects.reduce(
    (sum, one) => sum + one.deleted_bytes + one.export_bytes + one.import_bytes,
    0,
  );
  return (
    <div className={classes.sections}>
      <Panel title={t`The whole site`}>
        <dl className={classes.facts}>
          <div>
            <dt>
              <Trans>Projects</Trans>
            </dt>
            <dd>{sizeText(kept)}</dd>
          </div>
          <div>
            <dt>
              <Trans>Models</Trans>
            </dt>
            <dd>{sizeText(storage.model_bytes)}</dd>
          </div>
          <div>
            <dt>
              <Trans>Database</Trans>
            </dt>
            <dd>{sizeText(storage.database_bytes)}</dd>
          </div>
          {storage.free_bytes === null ? null : (
            <div>
              <dt>
                <Trans>Free disk space</Trans>
              </dt>
              <dd>{sizeText(storage.free_bytes)}</dd>
            </div>
          )}
          <div>
            <dt>
              <Trans>Limit</Trans>
            </dt>
            <dd>{storage.limit_bytes === null ? t`None` : sizeText(storage.limit_bytes)}</dd>
          </div>
        </dl>
        <Text size="sm" mt="md">
          <Trans>
            {sizeText(freed)} can be freed: deleted images that are still kept, exports, and
            archives that were imported.
          </Trans>
        </Text>
        <Text size="sm" mt="xs">
          <Trans>
            Of {here?.name}: <Link to="/ui/deleted">deleted images</Link>,{' '}
            <Link to="/ui/exports">exports</Link>, <Link to="/ui/imports">imports</Link>.
          </Trans>
        </Text>
      </Panel>
      <DataTable
        label={t`Storage by project`}
        columns={[
          t`Project`,
          t`Images`,
          t`Pictures and masks`,
          t`Deleted, still kept`,
          t`Exports`,
          t`Imports`,
          t`Uploads`,
          t`Total`,
        ]}
      >
        {projects.map((one) => (
          <tr key={one.id}>
            <td>{one.name}</td>
            <td>{one.images.toLocaleString(currentLanguage())}</td>
            <td className={classes.size}>{sizeText(one.image_bytes)}</td>
            <td className={classes.size}>{sizeText(one.deleted_bytes)}</td>
            <td className={classes.size}>{sizeText(one.export_bytes)}</td>
            <td className={classes.size}>{sizeText(one.import_bytes)}</td>
            <td className={classes.size}>{sizeText(one.upload_bytes)}</td>
            <td className={classes.size}>
              <b>{sizeText(totalOf(one))}</b>
            </td>
          </tr>
        ))}
      </DataTable>
    </div>
  );
}
