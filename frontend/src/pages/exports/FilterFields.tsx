import { t } from '@lingui/core/macro';
import { Chip, Select, Switch } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Split, WorkState } from '../../api/workflowTypes';
import { SPLIT_TEXT } from '../../app/poolText';
import { DayField } from '../../components/DayField';
import { STATE_TEXT } from '../../components/StateMark';
import { modelsQuery } from '../models/modelsQuery';
import { peopleQuery } from '../people/peopleQuery';
import classes from './FilterFields.module.css';
import { type OrderDraft, SPLITS } from './orderDraft';

interface Props {
  draft: OrderDraft;
  onChange: (change: Partial<OrderDraft>) => void;
}

/** Unlabelled images have no mask to export. */
const STATES: WorkState[] = ['approved', 'submitted', 'returned', 'in-correction', 'predicted'];

export function FilterFields({ draft, onChange }: Props) {
  const models = useQuery(modelsQuery);
  const people = useQuery(peopleQuery);
  const wrongOrder = Boolean(draft.from && draft.to && draft.from > draft.to);
  return (
    <div className={classes.root}>
      <div className={classes.fields}>
        <DayField
          label={t`Approved from`}
          value={draft.from}
          onChange={(from) => onChange({ from })}
        />
        <DayField
          label={t`Approved until`}
          value={draft.to}
          error={wrongOrder ? t`This is before the first day.` : undefined}
          onChange={(to) => onChange({ to })}
        />
        <Select
          label={t`Model`}
          placeholder={t`Any model`}
          clearable
          searchable
          data={(models.data ?? []).map(({ name, version }) => ({
            value: `${name}@${version}`,
            label: `${name} ${version}`,
          }))}
          value={draft.model}
          onChange={(model) => onChange({ model })}
        />
        <Select
          label={t`Drawn by`}
          placeholder={t`Anyone`}
          clearable
          searchable
          data={(people.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
          value={draft.annotator}
          onChange={(annotator) => onChange({ annotator })}
        />
      </div>
      <ChipField
        label={t`Parts`}
        note={t`Train, validation and test are fixed for each patient.`}
        values={draft.splits}
        all={SPLITS.map((split) => ({ value: split, label: SPLIT_TEXT[split] }))}
        onChange={(splits) => onChange({ splits: splits as Split[] })}
      />
      <ChipField
        label={t`States`}
        note={
          draft.states.some((state) => state !== 'approved')
            ? t`Masks in other states have not been approved by a reviewer.`
            : t`Only masks that a reviewer has approved.`
        }
        values={draft.states}
        all={STATES.map((state) => ({ value: state, label: STATE_TEXT[state] }))}
        onChange={(states) => onChange({ states: states as WorkState[] })}
      />
      <Switch
        label={t`Names of lesions`}
        description={t`People typed these freely. Check the list before you share it.`}
        checked={draft.lesionNames}
        onChange={(event) => onChange({ lesionNames: event.currentTarget.checked })}
      />
    </div>
  );
}

function ChipField(props: {
  label: string;
  note: string;
  values: readonly string[];
  all: readonly { value: string; label: string }[];
  onChange: (values: string[]) => void;
}) {
  return (
    <fieldset className={classes.chips}>
      <legend className={classes.legend}>{props.label}</legend>
      <div className={classes.row}>
        <Chip.Group multiple value={[...props.values]} onChange={props.onChange}>
          {props.all.map(({ value, label }) => (
            <Chip key={value} value={value} size="xs" variant="outline">
              {label}
            </Chip>
          ))}
        </Chip.Group>
      </div>
      <p className={classes.note}>{props.note}</p>
    </fieldset>
  );
}
