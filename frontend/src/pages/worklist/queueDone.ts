import { notifications } from '@mantine/notifications';
import { tabOf } from './queues';
import type { WorklistSearch } from './search';

/** Says that the walk through a list has ended. */
export function sayQueueDone({ queue }: WorklistSearch): void {
  notifications.show({
    title: 'Queue done',
    message: queue
      ? `${tabOf(queue).empty.title}.`
      : 'Every image of this list is submitted or approved.',
    autoClose: 8_000,
  });
}
