import { Button, Checkbox, Group, Modal, Select, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { createToken } from '../../api/tokens';
import type { Scope } from '../../api/types';
import { CopyField } from '../../components/CopyField';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';

const SCOPES: { value: Scope; label: string; description: string; admin?: boolean }[] = [
  { value: 'segment', label: 'segment', description: 'Send images and get masks' },
  { value: 'read', label: 'read', description: 'Read images, masks and jobs' },
  { value: 'write', label: 'write', description: 'Change and delete images' },
  {
    value: 'admin',
    label: 'admin',
    description: 'Invite annotators, deactivate people, revoke tokens, export and import',
    admin: true,
  },
];

const LIFETIMES = [
  { value: '30', label: '30 days' },
  { value: '90', label: '90 days' },
  { value: '365', label: 'One year' },
  { value: 'never', label: 'Until revoked' },
];

/** A line that works as pasted, wherever this page was opened. */
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
  const create = useMutation({
    mutationFn: () =>
      createToken({
        name: name.trim(),
        scopes: scopes as Scope[],
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
    reset();
  }, [opened, reset]);

  const made = create.data;
  if (made) {
    return (
      <Modal
        opened={opened}
        onClose={onClose}
        closeOnClickOutside={false}
        title={`Token ${made.name}`}
        size="lg"
      >
        <Text size="sm">
          Copy it now: only its fingerprint is kept, so it cannot be shown again.
        </Text>
        <CopyField label="Token" value={made.token} />
        {made.scopes.includes('segment') ? (
          <CopyField label="Try it" value={curlLine(window.location.origin, made.token)} />
        ) : null}
        <Group justify="flex-end">
          <Button onClick={onClose}>Done</Button>
        </Group>
      </Modal>
    );
  }
  return (
    <Modal opened={opened} onClose={onClose} title="New API token">
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextInput
          label="Name"
          description="What will use it, for example the PACS gateway"
          required
          withAsterisk={false}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Checkbox.Group label="Scope" value={scopes} onChange={setScopes}>
          <Stack gap={8} mt={6}>
            {SCOPES.filter((scope) => !scope.admin || admin).map((scope) => (
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
          label="Lasts"
          allowDeselect={false}
          data={LIFETIMES}
          value={lifetime}
          onChange={(value) => setLifetime(value ?? '365')}
        />
        <FormError error={create.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            Cancel
          </Button>
          <Button type="submit" disabled={scopes.length === 0} loading={create.isPending}>
            Create
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
