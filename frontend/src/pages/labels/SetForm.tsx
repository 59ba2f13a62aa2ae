import { Button, Text, TextInput } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changeLabelSet, fetchLabelSetUse } from '../../api/labelSets';
import { ApiError } from '../../api/problem';
import type { LabelSet } from '../../api/types';
import { FormError } from '../../components/FormError';
import { Panel } from '../../components/Panel';
import { LABEL_SETS_KEY } from '../image/classes/labelSetQuery';
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
  /** How many other projects follow it. */
  others: number;
}

/** All of a set, saved as a whole: one of two who edit it notices the other. */
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
      <Panel title="Classes">
        {readOnly ? (
          <Text size="sm" c="dimmed" mb="sm">
            Site admins change label sets.
          </Text>
        ) : null}
        {others > 0 ? (
          <Text size="sm" c="dimmed" mb="sm">
            {others === 1 ? 'One other project follows' : `${others} other projects follow`} this
            set; changes act there too.
          </Text>
        ) : null}
        <TextInput
          label="Name of the set"
          maw={320}
          mb="md"
          maxLength={80}
          readOnly={readOnly}
          value={draft.name}
          onChange={(event) => setDraft({ ...draft, name: event.currentTarget.value })}
        />
        <ul className={classes.list} aria-label="Classes">
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
            Add a class
          </Button>
        )}
      </Panel>
      <Panel title="Attributes">
        <Text size="sm" c="dimmed" mb="sm">
          {draft.attributes.length === 0
            ? 'Nothing is asked beside the class.'
            : 'Asked of each lesion, or of the image as a whole. Required ones must be filled in before a drawing is submitted.'}
        </Text>
        <ul className={classes.list} aria-label="Attributes">
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
            Add an attribute
          </Button>
        )}
      </Panel>
      {readOnly ? null : (
        <div className={classes.foot}>
          <Button type="submit" disabled={!changed || obstacle !== null} loading={save.isPending}>
            Save
          </Button>
          <Button
            variant="default"
            disabled={!changed || save.isPending}
            onClick={() => {
              setDraft(draftOf(set));
              save.reset();
            }}
          >
            Discard changes
          </Button>
          {stale ? (
            <Button
              variant="light"
              onClick={() => void client.invalidateQueries({ queryKey: LABEL_SETS_KEY })}
            >
              Load it again
            </Button>
          ) : null}
          <span role="status" className={classes.note}>
            {changed ? (obstacle ?? 'Not saved yet') : ''}
          </span>
          <FormError error={save.error} />
        </div>
      )}
    </form>
  );
}
