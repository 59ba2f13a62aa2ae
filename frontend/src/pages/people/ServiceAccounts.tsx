import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Text, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { createServiceAccount, updateUser } from '../../api/people';
import { messageOf } from '../../api/problem';
import type { User } from '../../api/types';
import { DataTable } from '../../components/DataTable';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { Moment } from '../../components/Moment';
import { Panel } from '../../components/Panel';
import { comma } from '../../language/language';
import { DeactivateDialog } from './DeactivateDialog';
import { ProjectSelect } from './ProjectSelect';

/** Machine accounts: they own what a script or a PACS sends, and nobody signs in with them. */
export function ServiceAccounts({ accounts }: { accounts: readonly User[] }) {
  const [creating, setCreating] = useState(false);
  return (
    <Panel title={t`Service accounts`}>
      <Group justify="space-between" mb="sm" align="start">
        <Text size="sm" c="dimmed" flex="1 1 240px">
          <Trans>
            They own what a script or a PACS sends. Nobody signs in with them: they work by{' '}
            <Link to="/ui/tokens">API tokens</Link>.
          </Trans>
        </Text>
        <Button
          variant="default"
          size="xs"
          flex="none"
          leftSection={<IconPlus size={16} stroke={2} />}
          onClick={() => setCreating(true)}
        >
          <Trans>New service account</Trans>
        </Button>
      </Group>
      {accounts.length > 0 ? (
        <DataTable
          label={t`Service accounts`}
          columns={[t`Name`, t`Project`, t`State`, t`Last seen`, '']}
        >
          {accounts.map((account) => (
            <AccountRow key={account.id} account={account} />
          ))}
        </DataTable>
      ) : (
        <Text size="sm">
          <Trans>None yet.</Trans>
        </Text>
      )}
      <CreateDialog opened={creating} onClose={() => setCreating(false)} />
    </Panel>
  );
}

function AccountRow({ account }: { account: User }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const activate = useMutation({
    mutationFn: () => updateUser(account.id, { active: true }),
    onSettled: () => client.invalidateQueries({ queryKey: ['people'] }),
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
  });
  return (
    <tr data-muted={!account.active}>
      <td>
        <Text fw={600} size="sm" c={account.active ? 'var(--sl-strong)' : undefined}>
          {account.name}
        </Text>
      </td>
      <td>{account.projects.map(({ name }) => name).join(comma())}</td>
      <td>{account.active ? t`Active` : t`Deactivated`}</td>
      <td>
        <Moment at={account.last_seen_at} />
      </td>
      <td align="right">
        <Button
          size="compact-sm"
          variant="default"
          loading={activate.isPending}
          aria-label={`${account.active ? t`Deactivate` : t`Activate`} ${account.name}`}
          onClick={() => (account.active ? setAsking(true) : activate.mutate())}
        >
          {account.active ? t`Deactivate…` : t`Activate`}
        </Button>
        {asking ? <DeactivateDialog person={account} onClose={() => setAsking(false)} /> : null}
      </td>
    </tr>
  );
}

function CreateDialog({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [project, setProject] = useState<string | null>(null);
  const create = useMutation({
    mutationFn: () => createServiceAccount({ name: name.trim(), project }),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: ['people'] });
      onClose();
    },
  });
  const { reset } = create;
  useEffect(() => {
    if (!opened) return;
    setName('');
    setProject(null);
    reset();
  }, [opened, reset]);
  return (
    <Modal opened={opened} onClose={onClose} title={t`New service account`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextInput
          label={t`Name`}
          description={t`What it represents, for example the AE title of a PACS`}
          required
          withAsterisk={false}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <ProjectSelect value={project} onChange={setProject} />
        <FormError error={create.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={!name.trim()} loading={create.isPending}>
            <Trans>Create</Trans>
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
