import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Menu, Select, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import {
  IconDots,
  IconHistory,
  IconKey,
  IconLinkOff,
  IconPencil,
  IconUserCheck,
  IconUserOff,
} from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { createResetLink, revokeLink, updateUser } from '../../api/people';
import { messageOf } from '../../api/problem';
import type { Role, User } from '../../api/types';
import { useUser } from '../../app/session';
import { ExactMoment, Moment } from '../../components/Moment';
import { DeactivateDialog } from './DeactivateDialog';
import { EditPersonDialog } from './EditPersonDialog';
import type { SetUpLink } from './LinkDialog';
import { ROLES } from './roles';

const showError = (error: unknown) =>
  notifications.show({ color: 'red', message: messageOf(error) });

function State({ person }: { person: User }) {
  if (!person.active) return <Trans>Deactivated</Trans>;
  if (!person.pending) return <Trans>Active</Trans>;
  return (
    <Text span size="sm" c="var(--sl-warn)">
      {person.link_expires_at ? (
        <Trans>
          Invited, until <ExactMoment at={person.link_expires_at} />
        </Trans>
      ) : (
        <Trans>Invitation expired or revoked</Trans>
      )}
    </Text>
  );
}

export function PersonRow({ person, onLink }: { person: User; onLink: (link: SetUpLink) => void }) {
  const me = useUser();
  const client = useQueryClient();
  const self = me?.id === person.id;
  const [dialog, setDialog] = useState<'edit' | 'deactivate' | null>(null);
  const update = useMutation({
    mutationFn: (change: { role?: Role; active?: boolean }) => updateUser(person.id, change),
    onSettled: () => client.invalidateQueries({ queryKey: ['people'] }),
    onError: showError,
  });
  const reset = useMutation({
    mutationFn: () => createResetLink(person.id),
    onSuccess: ({ set_up_url, mailed }) => {
      void client.invalidateQueries({ queryKey: ['people'] });
      onLink({
        purpose: person.pending ? 'invitation' : 'reset',
        name: person.name,
        url: set_up_url,
        mailed,
      });
    },
    onError: showError,
  });
  const revoke = useMutation({
    mutationFn: () => revokeLink(person.id),
    onSuccess: () =>
      notifications.show({
        message: person.pending
          ? t`The invitation of ${person.name} no longer works.`
          : t`The link for a new password of ${person.name} no longer works.`,
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ['people'] }),
    onError: showError,
  });
  return (
    <tr data-muted={!person.active}>
      <td>
        <Text fw={600} size="sm" c={person.active ? 'var(--sl-strong)' : undefined}>
          {person.name}
          {self ? ` ${t`(you)`}` : ''}
        </Text>
        <Text size="xs" c="dimmed">
          {person.email}
        </Text>
      </td>
      <td>
        {self ? (
          ROLES.find(({ value }) => value === person.role)?.label
        ) : (
          <Select
            w={150}
            aria-label={t`Role of ${person.name}`}
            allowDeselect={false}
            disabled={!person.active || update.isPending}
            data={ROLES}
            value={person.role}
            onChange={(value) => value && update.mutate({ role: value as Role })}
          />
        )}
      </td>
      <td>
        <State person={person} />
      </td>
      <td>
        <Moment at={person.last_seen_at} />
      </td>
      <td align="right">
        <Menu position="bottom-end" width={220}>
          <Menu.Target>
            <ActionIcon variant="subtle" color="gray" aria-label={t`Actions for ${person.name}`}>
              <IconDots size={18} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={<IconPencil size={16} stroke={1.6} />}
              onClick={() => setDialog('edit')}
            >
              <Trans>Edit name and email</Trans>
            </Menu.Item>
            <Menu.Item
              leftSection={<IconKey size={16} stroke={1.6} />}
              disabled={!person.active}
              onClick={() => reset.mutate()}
            >
              {person.pending ? t`New invitation link` : t`Password reset link`}
            </Menu.Item>
            {person.link_expires_at ? (
              <Menu.Item
                leftSection={<IconLinkOff size={16} stroke={1.6} />}
                onClick={() => revoke.mutate()}
              >
                {person.pending ? t`Revoke the invitation` : t`Revoke the reset link`}
              </Menu.Item>
            ) : null}
            <Menu.Item
              renderRoot={(props) => (
                <Link {...props} to="/ui/audit" search={{ object_id: person.id }} />
              )}
              leftSection={<IconHistory size={16} stroke={1.6} />}
            >
              <Trans>Audit log of this person</Trans>
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
              onClick={() =>
                person.active ? setDialog('deactivate') : update.mutate({ active: true })
              }
            >
              {person.active ? t`Deactivate…` : t`Activate again`}
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
        {dialog === 'edit' ? (
          <EditPersonDialog person={person} onClose={() => setDialog(null)} />
        ) : null}
        {dialog === 'deactivate' ? (
          <DeactivateDialog person={person} onClose={() => setDialog(null)} />
        ) : null}
      </td>
    </tr>
  );
}
