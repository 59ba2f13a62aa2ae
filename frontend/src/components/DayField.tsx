import { TextInput } from '@mantine/core';
import { lazy, type ReactNode, Suspense } from 'react';
import { withWords } from '../language/withWords';

export interface DayFieldProps {
  label: string;
  description?: string;
  error?: ReactNode;
  /** "2026-11-24"; empty if no day is chosen. */
  value: string;
  onChange: (day: string) => void;
  /** The first and the last day that can be chosen. */
  min?: string;
  max?: string;
}

const CalendarField = lazy(async () => ({
  default: (await withWords('panels', () => import('./CalendarField'))).CalendarField,
}));

/** A day, typed or chosen in a calendar, in the format of the page's language. */
export function DayField(props: DayFieldProps) {
  const { label, description, error } = props;
  const loading = <TextInput label={label} description={description} error={error} disabled />;
  return (
    <Suspense fallback={loading}>
      <CalendarField {...props} />
    </Suspense>
  );
}
