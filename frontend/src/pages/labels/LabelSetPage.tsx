import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, Group, Select, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { chooseLabelSet } from '../../api/labelSets';
import type { LabelSet } from '../../api/types';
import { LABEL_SETS_KEY, labelSetsQuery } from '../../app/labelSetQuery';
import { isSiteAdmin, projectOf, useUser } from '../../app/session';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import classes from './LabelSetPage.module.css';
import { NewSetDialog } from './NewSetDialog';
import { SetForm } from './SetForm';

/** The label set of the current project: which one it uses, and its classes and attributes. */
export function LabelSetPage() {
  const user = useUser();
  const project = projectOf(user);
  const sets = useQuery(labelSetsQuery);
  const followed = sets.data?.find(
    (one) => project !== null && one.project_ids.includes(project.id),
  );
  const mayEdit = isSiteAdmin(user);
  const [creating, setCreating] = useState(false);
  return (
    <Page>
      <PageHeader
        title={t`Label set`}
        actions={
          mayEdit ? (
            <Button
              variant="default"
              leftSection={<IconPlus size={16} stroke={2} />}
              onClick={() => setCreating(true)}
            >
              <Trans>New label set</Trans>
            </Button>
          ) : null
        }
      >
        <Anchor component={Link} to="/ui/project" size="sm">
          {project?.name ?? t`Project`}
        </Anchor>
        <Trans>
          {' '}
          – the classes of lesions, and the attributes of lesions and images. Existing drawings keep
          their classes.
        </Trans>
      </PageHeader>
      {sets.isPending ? <LoadingRows /> : null}
      {sets.isError ? <ErrorState error={sets.error} onRetry={() => void sets.refetch()} /> : null}
      {sets.data && project ? (
        <div className={classes.sections}>
          <Choice
            key={followed?.id}
            sets={sets.data}
            followed={followed ?? null}
            project={project}
          />
          {followed ? (
            <SetForm
              key={`${followed.id} ${followed.version}`}
              set={followed}
              readOnly={!mayEdit}
              others={followed.project_ids.length - 1}
            />
          ) : null}
        </div>
      ) : null}
      <NewSetDialog opened={creating} project={project} onClose={() => setCreating(false)} />
    </Page>
  );
}

/** The choice of which set the project uses. */
function Choice(props: {
  sets: readonly LabelSet[];
  followed: LabelSet | null;
  project: { id: string; name: string };
}) {
  const { sets, followed, project } = props;
  const client = useQueryClient();
  const [wanted, setWanted] = useState(followed?.id ?? null);
  const choose = useMutation({
    mutationFn: (id: string) => chooseLabelSet(project.id, id),
    onSuccess: () => client.invalidateQueries({ queryKey: LABEL_SETS_KEY }),
  });
  const open = sets.filter(({ archived, id }) => !archived || id === followed?.id);
  const next = open.find(({ id }) => id === wanted);
  if (open.length < 2) return null;
  return (
    <Panel>
      <Group align="end" gap="sm">
        <Select
          label={t`Label set of ${project.name}`}
          w={320}
          allowDeselect={false}
          data={open.map(({ id, name, classes: found }) => {
            const count = found.filter(({ archived }) => !archived).length;
            const classesText = plural(count, { one: '# class', other: '# classes' });
            return { value: id, label: `${name} (${classesText})` };
          })}
          value={wanted}
          onChange={setWanted}
        />
        {next && next.id !== followed?.id ? (
          <Button loading={choose.isPending} onClick={() => choose.mutate(next.id)}>
            <Trans>Follow “{next.name}”</Trans>
          </Button>
        ) : null}
      </Group>
      {next && next.id !== followed?.id ? (
        <Text size="sm" c="dimmed" mt="xs">
          <Trans>
            New drawings then have the classes of “{next.name}”. Existing drawings keep the classes
            of “{followed?.name}”.
          </Trans>
        </Text>
      ) : null}
      <FormError error={choose.error} />
    </Panel>
  );
}
