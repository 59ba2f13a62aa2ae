import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { IconUsersPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { deleteGroup, type PeopleGroup } from '../../api/groups';
import type { User } from '../../api/types';
import { ROLE_TEXT } from '../../app/roleText';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Panel } from '../../components/Panel';
import { comma } from '../../language/language';
import { GroupDialog } from './GroupDialog';
import { groupsQuery } from './peopleQuery';

/** Groups of people who have roles in projects together. */
export function Groups({ people }: { people: readonly User[] }) {
  const client = useQueryClient();
  const groups = useQuery(groupsQuery);
  const [editing, setEditing] = useState<PeopleGroup | 'new' | null>(null);
  const [deleting, setDeleting] = useState<PeopleGroup | null>(null);
  const changed = () => {
    void client.invalidateQueries({ queryKey: groupsQuery.queryKey });
    void client.invalidateQueries({ queryKey: ['people'] });
    void client.invalidateQueries({ queryKey: ['projects'] });
  };
  return (
    <Panel title={t`Groups`}>
      <Group justify="space-between" mb="sm" align="start">
        <Text size="sm" c="dimmed" flex="1 1 240px">
          <Trans>
            Everybody in a group has the roles that projects give it. A group’s roles are set on the
            project’s page.
          </Trans>
        </Text>
        <Button
          variant="default"
          size="xs"
          flex="none"
          leftSection={<IconUsersPlus size={16} stroke={1.8} />}
          onClick={() => setEditing('new')}
        >
          <Trans>New group</Trans>
        </Button>
      </Group>
      {groups.isPending ? <LoadingRows rows={2} /> : null}
      {groups.isError ? (
        <ErrorState error={groups.error} onRetry={() => void groups.refetch()} />
      ) : null}
      {groups.data?.length === 0 ? (
        <Text size="sm">
          <Trans>None yet.</Trans>
        </Text>
      ) : null}
      {groups.data?.length ? (
        <DataTable label={t`Groups`} columns={[t`Name`, t`People`, t`Roles`, '']}>
          {groups.data.map((group) => (
            <GroupRow
              key={group.id}
              group={group}
              onEdit={() => setEditing(group)}
              onDelete={() => setDeleting(group)}
            />
          ))}
        </DataTable>
      ) : null}
      {editing ? (
        <GroupDialog
          group={editing === 'new' ? null : editing}
          people={people}
          onChanged={changed}
          onClose={() => setEditing(null)}
        />
      ) : null}
      {deleting ? (
        <DeleteGroupDialog group={deleting} onChanged={changed} onClose={() => setDeleting(null)} />
      ) : null}
    </Panel>
  );
}

interface RowProps {
  group: PeopleGroup;
  onEdit: () => void;
  onDelete: () => void;
}

function GroupRow({ group, onEdit, onDelete }: RowProps) {
  const { name } = group;
  return (
    <tr>
      <td>
        <Text fw={600} size="sm" c="var(--sl-strong)">
          {name}
        </Text>
      </td>
      <td>
        <Text size="sm" maw={320} lineClamp={2}>
          {group.members.map(({ name }) => name).join(comma()) || '–'}
        </Text>
      </td>
      <td>
        {group.projects.map((project) => (
          <Text key={project.id} size="sm">
            {project.name}: {ROLE_TEXT[project.role]}
          </Text>
        ))}
        {group.projects.length === 0 ? '–' : null}
      </td>
      <td align="right">
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button size="compact-sm" variant="default" aria-label={t`Edit ${name}`} onClick={onEdit}>
            <Trans>Edit…</Trans>
          </Button>
          <Button
            size="compact-sm"
            variant="default"
            aria-label={t`Delete ${name}`}
            onClick={onDelete}
          >
            <Trans>Delete…</Trans>
          </Button>
        </Group>
      </td>
    </tr>
  );
}

interface DeleteProps {
  group: PeopleGroup;
  onChanged: () => void;
  onClose: () => void;
}

/** Shows who loses roles before they are removed. */
function DeleteGroupDialog({ group, onChanged, onClose }: DeleteProps) {
  const remove = useMutation({
    mutationFn: () => deleteGroup(group.id),
    onSuccess: () => {
      onChanged();
      onClose();
    },
  });
  const { name, members } = group;
  const count = members.length;
  return (
    <ConfirmDialog
      title={t`Delete ${name}?`}
      act={t`Delete`}
      running={remove}
      onClose={onClose}
      onAct={() => remove.mutate()}
    >
      {plural(count, {
        one: '# person loses the roles that this group gives.',
        other: '# people lose the roles that this group gives.',
      })}{' '}
      <Trans>Their own roles, those of other groups, and what was drawn are kept.</Trans>
    </ConfirmDialog>
  );
}
