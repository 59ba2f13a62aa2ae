import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { enterProject } from '../../api/project';
import { createProject } from '../../api/projects';
import { sessionQuery } from '../../app/session';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Makes a project and goes into it. */
export function CreateProjectDialog({ opened, onClose }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [purpose, setPurpose] = useState('');
  const create = useMutation({
    mutationFn: () => createProject({ name: name.trim(), purpose: purpose.trim() }),
    onSuccess: async (made) => {
      void client.invalidateQueries({ queryKey: ['projects'] });
      const session = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      if (session) enterProject(session.user, made.id);
      onClose();
      await navigate({ to: '/ui/project' });
    },
  });
  const { reset } = create;
  useEffect(() => {
    if (!opened) return;
    setName('');
    setPurpose('');
    reset();
  }, [opened, reset]);
  return (
    <Modal opened={opened} onClose={onClose} title={t`New project`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <TextInput
          label={t`Name`}
          required
          withAsterisk={false}
          maxLength={120}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <TextInput
          label={t`Organ or purpose`}
          maxLength={200}
          value={purpose}
          onChange={(event) => setPurpose(event.currentTarget.value)}
        />
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
