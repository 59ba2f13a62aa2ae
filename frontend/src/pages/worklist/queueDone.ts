import { t } from '@lingui/core/macro';
import { notifications } from '@mantine/notifications';
import { tabOf } from './queues';
import type { WorklistSearch } from './search';

/** Reports that the end of a queue was reached. */
export function sayQueueDone({ queue }: WorklistSearch): void {
  notifications.show({
    title: t`Queue done`,
    message: queue
      ? `${tabOf(queue).empty.title}.`
      : t`Every image of this list is submitted or approved.`,
    autoClose: 8_000,
  });
}
