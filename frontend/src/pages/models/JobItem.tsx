import { t } from '@lingui/core/macro';
import { Progress } from '@mantine/core';
import type { ReactNode } from 'react';
import { Moment } from '../../components/Moment';

interface Props {
  job: { state: string; progress: number; created_at: string };
  children: ReactNode;
}

/** A model that was sent here and its progress, as an item of a list. */
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
