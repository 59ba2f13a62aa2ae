import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Select, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import {
  endGroupRole,
  fetchProjectGroups,
  type ProjectGroup,
  setGroupRole,
} from '../../api/groups';
import { messageOf } from '../../api/problem';
import type { Project, Role } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { RemoveButton } from '../../components/RemoveButton';
import classes from './ProjectPage.module.css';
import { ROLES } from './roles';

/** The role of each of the site's groups in the project; nothing if the site has no groups. */
export function ProjectGroups({ project }: { project: Project }) {
  const groups = useQuery({
    queryKey: ['projects', project.id, 'groups'],
    queryFn: ({ signal }) => fetchProjectGroups(project.id, signal),
  });
  const inside = groups.data?.filter(({ role }) => role !== null) ?? [];
  const others = groups.data?.filter(({ role }) => role === null) ?? [];
  if (groups.data?.length === 0) return null;
  return (
    <Panel title={t`Groups`}>
      {groups.isError ? (
        <ErrorState error={groups.error} onRetry={() => void groups.refetch()} />
      ) : null}
      {others.length > 0 ? <AddGroup project={project} groups={others} /> : null}
      {inside.length > 0 ? (
        <DataTable label={t`Groups`} columns={[t`Name`, t`Role`, '']}>
          {inside.map((group) => (
            <GroupRow key={group.id} project={project} group={group} />
          ))}
        </DataTable>
      ) : null}
    </Panel>
  );
}

function AddGroup({ project, groups }: { project: Project; groups: readonly ProjectGroup[] }) {
  const client = useQueryClient();
  const [chosen, setChosen] = useState<string | null>(null);
  const [role, setRole] = useState<Role>('annotator');
  const add = useMutation({
    mutationFn: (id: string) => setGroupRole(project.id, id, role),
    onSuccess: () => setChosen(null),
    onSettled: () => client.invalidateQueries({ queryKey: ['projects'] }),
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (chosen) add.mutate(chosen);
      }}
    >
      <div className={classes.add}>
        <Select
          label={t`Group`}
          description={t`Everybody in it becomes a member with this role; a higher role of their own is kept`}
          placeholder={t`Choose a group`}
          searchable
          data={groups.map(({ id, name }) => ({ value: id, label: name }))}
          value={chosen}
          onChange={setChosen}
        />
        <Select
          w={190}
          label={t`Role`}
          allowDeselect={false}
          data={ROLES}
          value={role}
          onChange={(value) => setRole((value as Role | null) ?? 'annotator')}
        />
        <Button type="submit" variant="default" disabled={!chosen} loading={add.isPending}>
          <Trans>Add</Trans>
        </Button>
      </div>
      <FormError error={add.error} />
    </form>
  );
}

function GroupRow({ project, group }: { project: Project; group: ProjectGroup }) {
  const { members } = group;
  const client = useQueryClient();
  const after = {
    onSettled: () => client.invalidateQueries({ queryKey: ['projects'] }),
    onError: (error: unknown) => notifications.show({ color: 'red', message: messageOf(error) }),
  };
  const change = useMutation({
    mutationFn: (role: Role) => setGroupRole(project.id, group.id, role),
    ...after,
  });
  const remove = useMutation({ mutationFn: () => endGroupRole(project.id, group.id), ...after });
  return (
    <tr>
      <td>
        <Text fw={600} size="sm" c="var(--sl-strong)">
          {group.name}
        </Text>
        <Text size="xs" c="dimmed">
          {plural(members, { one: '# person', other: '# people' })}
        </Text>
      </td>
      <td>
        <Select
          w={{ base: '100%', sm: 190 }}
          aria-label={t`Role of ${group.name} in ${project.name}`}
          allowDeselect={false}
          disabled={change.isPending}
          data={ROLES}
          value={group.role}
          onChange={(value) => value && change.mutate(value as Role)}
        />
      </td>
      <td align="right">
        <RemoveButton name={group.name} loading={remove.isPending} onRemove={remove.mutate} />
      </td>
    </tr>
  );
}
