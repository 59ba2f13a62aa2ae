import { t } from '@lingui/core/macro';
import { Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import { Moment } from '../../components/Moment';

interface Props {
  job: { state: string; progress: number; created_at: string };
  children: ReactNode;
}

/** An uploaded model and its progress, as a list item. */
export function JobItem({ job, children }: Props) {
  return (
    <li>
      <span>{children}</span>
      <Moment at={job.created_at} />
      {job.state === 'running' ? (
        <Progress value={job.progress * 100} w={120} aria-label={t`Progress`} />
      ) : null}
    </li>
  );
}
