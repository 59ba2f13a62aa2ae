import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Select, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { chooseLabelSet, createLabelSet, fetchReadyLabelSets } from '../../api/labelSets';
import { messageOf } from '../../api/problem';
import { enterProject } from '../../api/project';
import { createProject } from '../../api/projects';
import type { Project } from '../../api/types';
import { LABEL_SETS_KEY, labelSetsQuery } from '../../app/labelSetQuery';
import { sessionQuery } from '../../app/session';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { type Beginning, newSet, readyName } from '../labels/template';

const LONGEST_NAME = 80;

interface Props {
  opened: boolean;
  onClose: () => void;
}

/** Creates a project and switches to it. */
export function CreateProjectDialog({ opened, onClose }: Props) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [name, setName] = useState('');
  const [purpose, setPurpose] = useState('');
  const [from, setFrom] = useState<Beginning>('');
  const sets = useQuery({ ...labelSetsQuery, enabled: opened });
  const ready = useQuery({
    queryKey: ['ready-label-sets'],
    queryFn: ({ signal }) => fetchReadyLabelSets(signal),
    enabled: opened,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const own = (sets.data ?? []).filter(({ archived }) => !archived);
  const create = useMutation({
    mutationFn: () => createProject({ name: name.trim(), purpose: purpose.trim() }),
    onSuccess: async (made) => {
      if (from) await begin(made, from);
      void client.invalidateQueries({ queryKey: ['projects'] });
      const session = await client.fetchQuery({ ...sessionQuery, staleTime: 0 });
      if (session) enterProject(session.user, made.id);
      onClose();
      await navigate({ to: '/ui/project' });
    },
  });
  // The project exists by then: a failure is shown, and the step can be done on the project's page.
  const begin = async (project: Project, beginning: Beginning) => {
    const called = project.name.slice(0, LONGEST_NAME);
    try {
      const set = await createLabelSet(newSet(called, beginning, sets.data ?? []));
      await chooseLabelSet(project.id, set.id);
    } catch (error) {
      notifications.show({
        color: 'red',
        title: t`The project has the usual label set`,
        message: messageOf(error),
      });
    }
    await client.invalidateQueries({ queryKey: LABEL_SETS_KEY });
  };
  const { reset } = create;
  useEffect(() => {
    if (!opened) return;
    setName('');
    setPurpose('');
    setFrom('');
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
        <Select
          label={t`Label set`}
          description={t`A copy of its own, which can be changed later`}
          allowDeselect={false}
          data={[
            { value: '', label: t`The usual one: lesion` },
            {
              group: t`Ready sets`,
              items: (ready.data ?? []).map((one) => ({
                value: `ready:${one.key}`,
                label: readyName(one),
              })),
            },
            {
              group: t`Sets of this site`,
              items: own.map((one) => ({ value: `set:${one.id}`, label: one.name })),
            },
          ]}
          value={from}
          onChange={(value) => setFrom((value ?? '') as Beginning)}
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
