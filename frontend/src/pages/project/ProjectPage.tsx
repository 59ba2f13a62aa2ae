import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { projectsQuery } from '../../api/projectsQuery';
import { isSiteAdmin, projectOf, useUser } from '../../app/session';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { ConnectionsPanel } from './ConnectionsPanel';
import { CreateProjectDialog } from './CreateProjectDialog';
import { LabelSetPanel } from './LabelSetPanel';
import { Members } from './Members';
import { ModelPanel } from './ModelPanel';
import { ProjectGroups } from './ProjectGroups';
import classes from './ProjectPage.module.css';
import { RetentionPanel } from './RetentionPanel';
import { RulesForm } from './RulesForm';

/** Name, reading rules and members of the current project; for its admins. */
export function ProjectPage() {
  const user = useUser();
  const here = projectOf(user);
  const projects = useQuery(projectsQuery);
  const project = projects.data?.find((one) => one.id === here?.id);
  const [creating, setCreating] = useState(false);
  return (
    <Page>
      <PageHeader
        title={project?.name ?? t`Project`}
        actions={
          isSiteAdmin(user) ? (
            <>
              {project ? (
                <Button
                  variant="subtle"
                  renderRoot={(props) => (
                    <Link {...props} to="/ui/audit" search={{ object_id: project.id }} />
                  )}
                >
                  <Trans>Audit log</Trans>
                </Button>
              ) : null}
              <Button
                variant="default"
                leftSection={<IconPlus size={16} stroke={2} />}
                onClick={() => setCreating(true)}
              >
                <Trans>New project</Trans>
              </Button>
            </>
          ) : null
        }
      >
        <Trans>
          Images, the pool, exports and roles belong to a project. Members see nothing of other
          projects.
        </Trans>
      </PageHeader>
      {projects.isPending ? <LoadingRows /> : null}
      {projects.isError ? (
        <ErrorState error={projects.error} onRetry={() => void projects.refetch()} />
      ) : null}
      {project ? (
        <div className={classes.sections}>
          <RulesForm key={project.id} project={project} />
          <LabelSetPanel project={project} />
          <ModelPanel />
          <ConnectionsPanel project={project} />
          <RetentionPanel project={project} />
          <Members key={`members-${project.id}`} project={project} />
          <ProjectGroups key={`groups-${project.id}`} project={project} />
        </div>
      ) : null}
      <CreateProjectDialog opened={creating} onClose={() => setCreating(false)} />
    </Page>
  );
}
