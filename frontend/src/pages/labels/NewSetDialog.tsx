import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Radio, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { chooseLabelSet, createLabelSet, fetchReadyLabelSets } from '../../api/labelSets';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { LABEL_SETS_KEY } from '../image/classes/labelSetQuery';
import { bodyOf, newClass } from './draft';

const NOTHING = '';

interface Props {
  opened: boolean;
  project: { id: string; name: string } | null;
  onClose: () => void;
}

/** Makes a set from nothing or from a ready one, and has the project follow it. */
export function NewSetDialog({ opened, project, onClose }: Props) {
  const client = useQueryClient();
  const ready = useQuery({
    queryKey: ['ready-label-sets'],
    queryFn: ({ signal }) => fetchReadyLabelSets(signal),
    enabled: opened,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [name, setName] = useState('');
  const [from, setFrom] = useState(NOTHING);
  const create = useMutation({
    mutationFn: async () => {
      const first = { ...newClass([]), name: 'lesion' };
      const { classes } = bodyOf({ name, classes: [first], attributes: [] }, 1);
      const made = await createLabelSet({
        name: name.trim(),
        ready: from || null,
        classes: from ? [] : classes,
        attributes: [],
      });
      if (project) await chooseLabelSet(project.id, made.id);
    },
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: LABEL_SETS_KEY });
      onClose();
    },
  });
  const { reset } = create;
  useEffect(() => {
    if (!opened) return;
    setName('');
    setFrom(NOTHING);
    reset();
  }, [opened, reset]);
  const choose = (key: string) => {
    const suggested = (ready.data ?? []).map((one) => one.name);
    setFrom(key);
    if (name === '' || suggested.includes(name)) {
      setName(ready.data?.find((one) => one.key === key)?.name ?? '');
    }
  };
  return (
    <Modal opened={opened} onClose={onClose} title={t`New label set`}>
      <form
        className={formClasses.form}
        onSubmit={(event) => {
          event.preventDefault();
          create.mutate();
        }}
      >
        <Radio.Group label={t`Begin with`} value={from} onChange={choose}>
          <Stack gap="xs" mt={6}>
            <Radio value={NOTHING} label={t`One class, to be named`} />
            {(ready.data ?? []).map((one) => (
              <Radio
                key={one.key}
                value={one.key}
                label={one.name}
                description={t`${one.classes} classes, ${one.attributes} attributes. ${one.source}`}
              />
            ))}
          </Stack>
        </Radio.Group>
        <TextInput
          label={t`Name`}
          required
          withAsterisk={false}
          maxLength={80}
          data-autofocus
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <FormError error={create.error ?? ready.error} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose}>
            <Trans>Cancel</Trans>
          </Button>
          <Button type="submit" disabled={!name.trim()} loading={create.isPending}>
            {project ? t`Make and follow it` : t`Make it`}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
