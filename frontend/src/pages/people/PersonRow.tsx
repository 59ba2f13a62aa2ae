import { ActionIcon, Menu, Select, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots, IconKey, IconUserCheck, IconUserOff } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createResetLink, updateUser } from '../../api/people';
import { messageOf } from '../../api/problem';
import type { Role, User } from '../../api/types';
import { useUser } from '../../app/session';
import { Moment } from '../../components/Moment';
import type { SetUpLink } from './LinkDialog';
import { ROLES } from './roles';

const showError = (error: unknown) =>
  notifications.show({ color: 'red', message: messageOf(error) });

function stateOf(person: User): string {
  if (!person.active) return 'Deactivated';
  return person.pending ? 'Invited' : 'Active';
}

export function PersonRow({ person, onLink }: { person: User; onLink: (link: SetUpLink) => void }) {
  const me = useUser();
  const client = useQueryClient();
  const self = me?.id === person.id;
  const update = useMutation({
    mutationFn: (change: { role?: Role; active?: boolean }) => updateUser(person.id, change),
    onSettled: () => client.invalidateQueries({ queryKey: ['people'] }),
    onError: showError,
  });
  const reset = useMutation({
    mutationFn: () => createResetLink(person.id),
    onSuccess: ({ set_up_url }) => onLink({ purpose: 'reset', name: person.name, url: set_up_url }),
    onError: showError,
  });
  return (
    <tr data-muted={!person.active}>
      <td>
        <Text fw={600} size="sm" c={person.active ? 'var(--sl-strong)' : undefined}>
          {person.name}
          {self ? ' (you)' : ''}
        </Text>
        <Text size="xs" c="dimmed">
          {person.email}
        </Text>
      </td>
      <td>
        <Select
          w={150}
          aria-label={`Role of ${person.name}`}
          allowDeselect={false}
          disabled={self || !person.active || update.isPending}
          data={ROLES}
          value={person.role}
          onChange={(value) => value && update.mutate({ role: value as Role })}
        />
      </td>
      <td>{stateOf(person)}</td>
      <td>
        <Moment at={person.last_seen_at} />
      </td>
      <td align="right">
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${person.name}`}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconKey size={16} stroke={1.6} />}
              disabled={!person.active}
              onClick={() => reset.mutate()}
            >
              Password reset link
            </Menu.Item>
            <Menu.Item
              leftSection={
                person.active ? (
                  <IconUserOff size={16} stroke={1.6} />
                ) : (
                  <IconUserCheck size={16} stroke={1.6} />
                )
              }
              disabled={self}
              onClick={() => update.mutate({ active: !person.active })}
            >
              {person.active ? 'Deactivate' : 'Activate again'}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </td>
    </tr>
  );
}
