import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, Radio, Stack, TextInput } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { chooseLabelSet, createLabelSet, fetchReadyLabelSets } from '../../api/labelSets';
import { LABEL_SETS_KEY, labelSetsQuery } from '../../app/labelSetQuery';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { comma } from '../../language/language';
import { type Beginning, newSet, readyName } from './template';

const NOTHING = '';

interface Props {
  opened: boolean;
  project: { id: string; name: string } | null;
  onClose: () => void;
}

/** Creates a set, empty or from a ready one, and makes the project use it. */
export function NewSetDialog({ opened, project, onClose }: Props) {
  const client = useQueryClient();
  const ready = useQuery({
    queryKey: ['ready-label-sets'],
    queryFn: ({ signal }) => fetchReadyLabelSets(signal),
    enabled: opened,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const [name, setName] = useState('');
  const sets = useQuery({ ...labelSetsQuery, enabled: opened });
  const own = (sets.data ?? []).filter(({ archived }) => !archived);
  const [from, setFrom] = useState<Beginning>(NOTHING);
  const create = useMutation({
    mutationFn: async () => {
      const made = await createLabelSet(newSet(name.trim(), from, sets.data ?? []));
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
  const choose = (value: string) => {
    const names = new Map<string, string>([
      ...(ready.data ?? []).map((one) => [`ready:${one.key}`, readyName(one)] as const),
      ...own.map((one) => [`set:${one.id}`, one.name] as const),
    ]);
    setFrom(value as Beginning);
    if (name === '' || [...names.values()].includes(name)) setName(names.get(value) ?? '');
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
                value={`ready:${one.key}`}
                label={readyName(one)}
                description={t`${one.classes} classes, ${one.attributes} attributes. ${one.source}`}
              />
            ))}
            {own.map((one) => (
              <Radio
                key={one.id}
                value={`set:${one.id}`}
                label={t`Copy of ${one.name}`}
                description={one.classes
                  .filter(({ archived }) => !archived)
                  .map((each) => each.name)
                  .join(comma())}
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
            {project ? t`Create and use it` : t`Create it`}
          </Button>
        </Group>
      </form>
    </Modal>
  );
}
