import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Select, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { type AuditSelection, fetchAuditActions } from '../../api/audit';
import { DayField } from '../../components/DayField';
import { currentLanguage } from '../../language/language';
import { peopleQuery } from '../people/peopleQuery';
import classes from './AuditPage.module.css';
import { actionText } from './actionText';

/** The start of a day in the reader's time zone, or of the following day. */
function dayToTime(day: string, after: number): string | undefined {
  if (!day) return undefined;
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + after);
  return at.toISOString();
}

/** Who, what and when; an empty field does not restrict the list. */
export function AuditFilters(props: {
  selection: AuditSelection;
  onChange: (selection: AuditSelection) => void;
}) {
  const { selection, onChange } = props;
  const people = useQuery(peopleQuery);
  const actions = useQuery({
    queryKey: ['audit-actions'],
    queryFn: ({ signal }) => fetchAuditActions(signal),
  });
  const choices = (actions.data?.items ?? [])
    .map((value) => ({ value, label: actionText(value) }))
    .sort((a, b) => a.label.localeCompare(b.label, currentLanguage()));
  const [days, setDays] = useState({ from: '', to: '' });
  const changeDays = (change: Partial<typeof days>) => {
    const next = { ...days, ...change };
    setDays(next);
    onChange({ ...selection, since: dayToTime(next.from, 0), until: dayToTime(next.to, 1) });
  };
  const narrowed = Object.values(selection).some(Boolean);
  return (
    <search className={classes.filters}>
      <Select
        label={t`Who`}
        placeholder={t`Anybody`}
        clearable
        searchable
        data={(people.data ?? []).map(({ id, name }) => ({ value: id, label: name }))}
        value={selection.actor ?? null}
        onChange={(actor) => onChange({ ...selection, actor: actor ?? undefined })}
      />
      <Select
        label={t`What`}
        placeholder={t`Anything`}
        clearable
        searchable
        data={choices}
        value={selection.action ?? null}
        onChange={(action) => onChange({ ...selection, action: action ?? undefined })}
      />
      <TextInput
        label={t`Object`}
        placeholder={t`Id`}
        maxLength={60}
        value={selection.object_id ?? ''}
        onChange={(event) =>
          onChange({ ...selection, object_id: event.currentTarget.value.trim() || undefined })
        }
      />
      <DayField
        label={t`From day`}
        max={days.to}
        value={days.from}
        onChange={(from) => changeDays({ from })}
      />
      <DayField
        label={t`To day`}
        min={days.from}
        value={days.to}
        onChange={(to) => changeDays({ to })}
      />
      {narrowed ? (
        <Button
          variant="subtle"
          color="gray"
          onClick={() => {
            setDays({ from: '', to: '' });
            onChange({});
          }}
        >
          <Trans>Clear filters</Trans>
        </Button>
      ) : null}
    </search>
  );
}
