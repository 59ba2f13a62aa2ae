import { t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeLabelSet, fetchLabelSetUse } from '../../api/labelSets';
import { ApiError } from '../../api/problem';
import type { LabelSet } from '../../api/types';
import { LABEL_SETS_KEY } from '../../app/labelSetQuery';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { AttributeCard } from './AttributeCard';
import { ClassRow } from './ClassRow';
import {
  bodyOf,
  type Draft,
  type DraftAttribute,
  type DraftClass,
  draftOf,
  moved,
  newAttribute,
  newClass,
  obstacleIn,
  withoutClass,
} from './draft';
import classes from './LabelSetPage.module.css';

interface Props {
  set: LabelSet;
  readOnly: boolean;
  /** Number of other projects that use it. */
  others: number;
}

/** A whole set, saved at once; if two people edit it, the second save is refused. */
export function SetForm({ set, readOnly, others }: Props) {
  const client = useQueryClient();
  const [draft, setDraft] = useState<Draft>(() => draftOf(set));
  const use = useQuery({
    queryKey: [...LABEL_SETS_KEY, set.id, 'use'],
    queryFn: ({ signal }) => fetchLabelSetUse(set.id, signal),
    enabled: !readOnly,
  });
  const save = useMutation({
    mutationFn: () => changeLabelSet(set.id, bodyOf(draft, set.version)),
    onSuccess: () => client.invalidateQueries({ queryKey: LABEL_SETS_KEY }),
  });
  const changed = JSON.stringify(draft) !== JSON.stringify(draftOf(set));
  const obstacle = obstacleIn(draft);
  const stale = save.error instanceof ApiError && save.error.code === 'set-changed';
  const putClass = (id: string, change: Partial<DraftClass>) =>
    setDraft((before) => ({
      ...before,
      classes: before.classes.map((one) => (one.id === id ? { ...one, ...change } : one)),
    }));
  const putAttribute = (id: string, change: Partial<DraftAttribute>) =>
    setDraft((before) => ({
      ...before,
      attributes: before.attributes.map((one) => (one.id === id ? { ...one, ...change } : one)),
    }));
  const open = draft.classes.filter(({ archived }) => !archived);
  return (
    <form
      className={classes.sections}
      onSubmit={(event) => {
        event.preventDefault();
        save.mutate();
      }}
    >
      <Panel title={t`Classes`}>
        {readOnly ? (
          <Text size="sm" c="dimmed" mb="sm">
            <Trans>Site admins change label sets.</Trans>
          </Text>
        ) : null}
        {others > 0 ? (
          <Text size="sm" c="dimmed" mb="sm">
            <Trans>
              <Plural
                value={others}
                one="One other project follows"
                other="# other projects follow"
              />{' '}
              this set; changes act there too.
            </Trans>
          </Text>
        ) : null}
        <TextInput
          label={t`Name of the label set`}
          maw={320}
          mb="md"
          maxLength={80}
          readOnly={readOnly}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <ul className={classes.list} aria-label={t`Classes`}>
          {draft.classes.map((one) => (
            <ClassRow
              key={one.id}
              one={one}
              all={draft.classes}
              place={open.indexOf(one)}
              lesions={use.data ? (use.data.classes[one.id] ?? 0) : null}
              readOnly={readOnly}
              onChange={(change) => putClass(one.id, change)}
              onMove={(by) =>
                setDraft((before) => ({ ...before, classes: moved(before.classes, one.id, by) }))
              }
              onRemove={() => setDraft((before) => withoutClass(before, one.id))}
            />
          ))}
        </ul>
        {readOnly ? null : (
          <Button
            mt="sm"
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={16} stroke={1.7} />}
            onClick={() =>
              setDraft((before) => ({
                ...before,
                classes: [...before.classes, newClass(before.classes)],
              }))
            }
          >
            <Trans>Add a class</Trans>
          </Button>
        )}
      </Panel>
      <Panel title={t`Attributes`}>
        <Text size="sm" c="dimmed" mb="sm">
          {draft.attributes.length === 0
            ? t`Only the class is asked for.`
            : t`Answered for each lesion, or for the image as a whole. Required ones must be filled in before a drawing is submitted.`}
        </Text>
        <ul className={classes.list} aria-label={t`Attributes`}>
          {draft.attributes.map((one) => (
            <AttributeCard
              key={one.id}
              one={one}
              classes={draft.classes}
              uses={use.data ? (use.data.attributes[one.id] ?? 0) : null}
              readOnly={readOnly}
              onChange={(change) => putAttribute(one.id, change)}
              onMove={(by) =>
                setDraft((before) => ({
                  ...before,
                  attributes: moved(before.attributes, one.id, by),
                }))
              }
              onRemove={() =>
                setDraft((before) => ({
                  ...before,
                  attributes: before.attributes.filter(({ id }) => id !== one.id),
                }))
              }
            />
          ))}
        </ul>
        {readOnly ? null : (
          <Button
            mt="sm"
            variant="subtle"
            size="compact-sm"
            leftSection={<IconPlus size={16} stroke={1.7} />}
            onClick={() =>
              setDraft((before) => ({
                ...before,
                attributes: [...before.attributes, newAttribute()],
              }))
            }
          >
            <Trans>Add an attribute</Trans>
          </Button>
        )}
      </Panel>
      {readOnly ? null : (
        <div className={classes.foot}>
          <Button type="submit" disabled={!changed || obstacle !== null} loading={save.isPending}>
            <Trans>Save</Trans>
          </Button>
          <Button
            variant="default"
            disabled={!changed || save.isPending}
            onClick={() => {
              setDraft(draftOf(set));
              save.reset();
            }}
          >
            <Trans>Discard changes</Trans>
          </Button>
          {stale ? (
            <Button
              variant="light"
              onClick={() => void client.invalidateQueries({ queryKey: LABEL_SETS_KEY })}
            >
              <Trans>Load it again</Trans>
            </Button>
          ) : null}
          <span role="status" className={classes.note}>
            {changed ? (obstacle ?? t`Not saved yet`) : ''}
          </span>
          <FormError error={save.error} />
        </div>
      )}
    </form>
  );
}
