import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { COMMANDS } from '../../app/commands';
import { useUser } from '../../app/session';
import { on, useShortcuts } from '../../app/shortcuts';
import { currentLanguage } from '../../language/language';
import classes from './QueueTabs.module.css';
import { queuesQuery, tabsFor } from './queues';
import type { QueueName, WorklistSearch } from './search';

/** The queues as links: each has an address to bookmark, share or open in another tab. */
export function QueueTabs({ search }: { search: WorklistSearch }) {
  const user = useUser();
  const navigate = useNavigate();
  const { data: counts } = useQuery(queuesQuery);
  const tabs = tabsFor(user, counts, search.queue);

  const searchFor = (queue: QueueName | undefined): WorklistSearch => ({
    ...(queue ? { queue } : {}),
    ...(search.sort ? { sort: search.sort } : {}),
  });
  const walk = (step: number) => {
    const at = tabs.findIndex(({ queue }) => queue === search.queue);
    const tab = tabs[(at + step + tabs.length) % tabs.length];
    void navigate({ to: '/ui/worklist', search: searchFor(tab?.queue), replace: true });
  };
  useShortcuts(COMMANDS['next-queue'].group, [
    on('next-queue', () => walk(1)),
    on('previous-queue', () => walk(-1)),
  ]);

  return (
    <nav className={classes.root} aria-label={t`Queues`}>
      {tabs.map(({ queue, label, count, urgent }) => {
        const due = count === null ? null : (counts?.[count] ?? null);
        return (
          <Link
            key={label}
            to="/ui/worklist"
            search={searchFor(queue)}
            // Exact matching, or "All" would be active with every queue.
            activeOptions={{ exact: true }}
            className={classes.tab}
            aria-current={queue === search.queue ? 'page' : undefined}
            data-shown={queue === search.queue}
          >
            {label}
            {due === null ? null : (
              <span className={classes.count} data-urgent={Boolean(urgent) && due > 0}>
                {due.toLocaleString(currentLanguage())}
              </span>
            )}
          </Link>
        );
      })}
    </nav>
  );
}
