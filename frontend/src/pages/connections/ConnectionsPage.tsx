import '../../api/moreTexts';
import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { projectsQuery } from '../../api/projectsQuery';
import { projectOf, useUser } from '../../app/session';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import classes from './Connections.module.css';
import { Destinations } from './Destinations';
import { ProjectDeliveries } from './ProjectDeliveries';
import { Webhooks } from './Webhooks';

/** Destinations of the project's results, the deliveries to them, and webhooks for its events. */
export function ConnectionsPage() {
  const here = projectOf(useUser());
  const projects = useQuery(projectsQuery);
  const project = projects.data?.find((one) => one.id === here?.id);
  return (
    <Page>
      <PageHeader title={t`PACS and other systems`}>
        <Anchor component={Link} to="/ui/project" size="sm">
          {project?.name ?? t`Project`}
        </Anchor>
        <Trans> – where approved results go, and which systems are notified of events.</Trans>
      </PageHeader>
      {projects.isPending ? <LoadingRows /> : null}
      {projects.isError ? (
        <ErrorState error={projects.error} onRetry={() => void projects.refetch()} />
      ) : null}
      {project ? (
        <div className={classes.sections} key={project.id}>
          <Destinations project={project} />
          <ProjectDeliveries project={project} />
          <Webhooks project={project} />
        </div>
      ) : null}
    </Page>
  );
}
