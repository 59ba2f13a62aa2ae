import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Select, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { messageOf } from '../../api/problem';
import { addMember, changeMember, fetchMembers, removeMember } from '../../api/projects';
import type { Member, Project, Role } from '../../api/types';
import { useUser } from '../../app/session';
import { DataTable } from '../../components/DataTable';
import { ErrorState } from '../../components/ErrorState';
import { FormError } from '../../components/FormError';
import { LoadingRows } from '../../components/LoadingRows';
import { Panel } from '../../components/Panel';
import { RemoveButton } from '../../components/RemoveButton';
import classes from './ProjectPage.module.css';
import { ROLES, roleName } from './roles';

const membersKey = (id: string) => ['projects', id, 'members'] as const;

const throughGroup = (role: string, group: string) => t`${role} through ${group}`;

export function Members({ project }: { project: Project }) {
  const members = useQuery({
    queryKey: membersKey(project.id),
    queryFn: ({ signal }) => fetchMembers(project.id, signal),
  });
  return (
    <Panel title={t`Members`}>
      <AddMember project={project} />
      {members.isPending ? <LoadingRows /> : null}
      {members.isError ? (
        <ErrorState error={members.error} onRetry={() => void members.refetch()} />
      ) : null}
      {members.data ? (
        <DataTable label={t`Members`} columns={[t`Name`, t`Role`, t`To submit`, '']}>
          {members.data.map((member) => (
            <MemberRow key={member.id} project={project} member={member} />
          ))}
        </DataTable>
      ) : null}
    </Panel>
  );
}

function AddMember({ project }: { project: Project }) {
  const client = useQueryClient();
  const [email, setEmail] = useState('');
  const [role, setRole] = useState<Role>('annotator');
  const add = useMutation({
    mutationFn: () => addMember(project.id, { email: email.trim(), role }),
    onSuccess: (member) => {
      setEmail('');
      void client.invalidateQueries({ queryKey: ['projects'] });
      notifications.show({ message: t`${member.name} is a member of ${project.name} now.` });
    },
  });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        add.mutate();
      }}
    >
      <div className={classes.add}>
        <TextInput
          label={t`Email`}
          description={t`The person must already have an account on this site`}
          type="email"
          required
          withAsterisk={false}
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <Select
          w={190}
          label={t`Role`}
          allowDeselect={false}
          data={ROLES}
          value={role}
          onChange={(value) => setRole((value as Role | null) ?? 'annotator')}
        />
        <Button type="submit" variant="default" loading={add.isPending}>
          <Trans>Add</Trans>
        </Button>
      </div>
      <FormError error={add.error} />
    </form>
  );
}

function MemberRow({ project, member }: { project: Project; member: Member }) {
  const me = useUser();
  const client = useQueryClient();
  const after = {
    onSettled: () => client.invalidateQueries({ queryKey: ['projects'] }),
    onError: (error: unknown) => notifications.show({ color: 'red', message: messageOf(error) }),
  };
  const change = useMutation({
    mutationFn: (role: Role) => changeMember(project.id, member.id, role),
    ...after,
  });
  const remove = useMutation({ mutationFn: () => removeMember(project.id, member.id), ...after });
  const self = me?.id === member.id;
  return (
    <tr data-muted={!member.active}>
      <td>
        <Text fw={600} size="sm" c={member.active ? 'var(--sl-strong)' : undefined}>
          {member.name}
          {self ? ` ${t`(you)`}` : ''}
        </Text>
        <Text size="xs" c="dimmed">
          {member.service ? t`Service account` : member.email}
          {member.active ? '' : ` · ${t`deactivated`}`}
        </Text>
      </td>
      <td>
        <Select
          w={{ base: '100%', sm: 190 }}
          aria-label={t`Role of ${member.name} in ${project.name}`}
          allowDeselect={false}
          disabled={self || member.service || change.isPending}
          placeholder={t`Through a group`}
          data={ROLES}
          value={member.own_role}
          onChange={(value) => value && change.mutate(value as Role)}
        />
        {member.groups.map((group) => (
          <Text key={group.id} size="xs" c="dimmed" mt={4}>
            {throughGroup(roleName(group.role), group.name)}
          </Text>
        ))}
      </td>
      <td>{member.open_readings}</td>
      <td align="right">
        {self || !member.own_role ? null : (
          <RemoveButton name={member.name} loading={remove.isPending} onRemove={remove.mutate} />
        )}
      </td>
    </tr>
  );
}
