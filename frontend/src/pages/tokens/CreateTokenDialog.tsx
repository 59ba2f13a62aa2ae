import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { createToken } from '../../api/tokens';
import type { Scope } from '../../api/types';
import { isSiteAdmin, useUser } from '../../app/session';
import { CopyField } from '../../components/CopyField';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { peopleQuery } from '../people/peopleQuery';

const SCOPES: { value: Scope; label: string; description: string; admin?: boolean }[] = [
  { value: 'segment', label: 'segment', description: t`Send images and get masks` },
  { value: 'read', label: 'read', description: t`Read images, masks and jobs` },
  { value: 'write', label: 'write', description: t`Change and delete images` },
  {
    value: 'admin',
    label: 'admin',
    description: t`Invite annotators, deactivate people, revoke tokens, export and import`,
    admin: true,
  },
];

const ALL = 'all';
const SELF = 'self';

const LIFETIMES = [
  { value: '30', label: t`30 days` },
  { value: '90', label: t`90 days` },
  { value: '365', label: t`One year` },
  { value: 'never', label: t`Until revoked` },
];

/** A command that works as pasted, at whatever address this page was opened. */
export function curlLine(origin: string, token: string): string {
  return `curl -H "Authorization: Bearer ${token}" -H "Accept: image/png" -F file=@image.png -o mask.png ${origin}/segment`;
}

interface Props {
  opened: boolean;
  onClose: () => void;
  admin: boolean;
}

export function CreateTokenDialog({ opened, onClose, admin }: Props) {
  const client = useQueryClient();
  const [name, setName] = useState('');
  const [scopes, setScopes] = useState<string[]>(['segment']);
  const [lifetime, setLifetime] = useState('365');
  const [project, setProject] = useState(ALL);
  const [account, setAccount] = useState(SELF);
  const user = useUser();
  const people = useQuery({ ...peopleQuery, enabled: opened && isSiteAdmin(user) });
  const services = (people.data ?? []).filter(({ service, active }) => service && active);
  const acting = services.find(({ id }) => id === account);
  // A machine's token has access to no more than the machine's account.
  const projects = acting?.projects ?? user?.projects ?? [];
  const create = useMutation({
    mutationFn: () =>
      createToken({
        name: name.trim(),
        scopes: scopes as Scope[],
        project: project === ALL ? null : project,
        service_account: account === SELF ? null : account,
        ...(lifetime === 'never' ? {} : { expires_in_days: Number(lifetime) }),
      }),
    onSuccess: () => void client.invalidateQueries({ queryKey: ['tokens'] }),
    // The secret must not outlive the dialog.
    gcTime: 0,
  });
  const { reset } = create;
  useEffect(() => {
    if (opened) return;
    setName('');
    setScopes(['segment']);
    setLifetime('365');
    setProject(ALL);
    setAccount(SELF);
    reset();
  }, [opened, reset]);

  const made = create.data;
  if (made) {
    return (
      <Modal
        opened={opened}
        onClose={onClose}
        closeOnClickOutside={false}
        title={t`Token ${made.name}`}
        size="lg"
      >
        <Text size="sm">
          <Trans>Copy it now: only its fingerprint is kept, so it cannot be shown again.</Trans>
        </Text>
        <CopyField label={t`Token`} value={made.token} />
        {made.scopes.includes('segment') ? (
          <CopyField label={t`Try it`} value={curlLine(window.location.origin, made.token)} />
        ) : null}
        <Group justify="flex-end">
          <Button onClick={onClose}>
            <Trans>Done</Trans>
          </Button>
        </Group>
      </Modal>
    );
  }
  return (
    <Modal opened={opened} onClose={onClose} title={t`New API token`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextInput
          label={t`Name`}
          description={t`What will use it, for example the PACS gateway`}
          required
          withAsterisk={false}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {services.length > 0 ? (
          <Select
            label={t`Acts as`}
            description={t`Everything sent with it belongs to this account`}
            allowDeselect={false}
            data={[
              { value: SELF, label: t`Myself` },
              ...services.map(({ id, name: called }) => ({ value: id, label: called })),
            ]}
            value={account}
            onChange={(value) => {
              setAccount(value ?? SELF);
              setProject(ALL);
            }}
          />
        ) : null}
        {projects.length > 1 ? (
          <Select
            label={t`Project`}
            allowDeselect={false}
            data={[
              { value: ALL, label: acting ? t`All of its projects` : t`All of my projects` },
              ...projects.map(({ id, name: called }) => ({ value: id, label: called })),
            ]}
            value={project}
            onChange={(value) => setProject(value ?? ALL)}
          />
        ) : null}
        <Checkbox.Group label={t`Scope`} value={scopes} onChange={setScopes}>
          <Stack gap={8} mt={6}>
            {SCOPES.filter((scope) => !scope.admin || (admin && !acting)).map((scope) => (
              <Checkbox
                key={scope.value}
                size="xs"
                value={scope.value}
                label={scope.label}
                description={scope.description}
              />
            ))}
          </Stack>
        </Checkbox.Group>
        <Select
          label={t`Lasts`}
          allowDeselect={false}
          data={LIFETIMES}
          value={lifetime}
          onChange={(value) => setLifetime(value ?? '365')}
        />
        <FormError error={create.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={scopes.length === 0} loading={create.isPending}>
            <Trans>Create</Trans>
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
