import { t } from '@lingui/core/macro';
import { DateInput } from '@mantine/dates';
import { IconCalendar } from '@tabler/icons-react';
import '@mantine/dates/styles.layer.css';
import { useState } from 'react';
import type { DayFieldProps } from './DayField';
import { dayOfText, dayText, monthText, weekdayText } from './dayText';
import { dateInDays } from './dueDate';

/** The field of `DayField`, with its calendar. */
export function CalendarField({ value, onChange, min, max, ...field }: DayFieldProps) {
  const [opened, setOpened] = useState(false);
  return (
    <DateInput
      {...field}
      value={value || null}
      onChange={(day) => onChange(day ?? '')}
      minDate={min || undefined}
      maxDate={max || undefined}
      clearable
      clearButtonProps={{ 'aria-label': t`Clear the day` }}
      valueFormat={dayText}
      dateParser={dayOfText}
      placeholder={dayText(dateInDays(0))}
      leftSection={<IconCalendar size={16} stroke={1.6} />}
      leftSectionPointerEvents="none"
      popoverProps={{ onOpen: () => setOpened(true), onClose: () => setOpened(false) }}
      // Escape closes the calendar, not the dialog around it.
      data-mantine-stop-propagation={opened || undefined}
      weekdayFormat={weekdayText}
      monthLabelFormat={monthText}
      ariaLabels={{
        monthLevelControl: t`Choose a month`,
        yearLevelControl: t`Choose a year`,
        previousMonth: t`Month before`,
        nextMonth: t`Next month`,
        previousYear: t`Year before`,
        nextYear: t`Next year`,
        previousDecade: t`Decade before`,
        nextDecade: t`Next decade`,
      }}
    />
  );
}
