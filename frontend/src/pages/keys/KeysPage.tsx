import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, TextInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Preferences, putKeyPreferences } from '../../api/preferences';
import { messageOf } from '../../api/problem';
import type { Room } from '../../app/commands';
import { EVERYWHERE } from '../../app/commands';
import { keyName, keysNow, type OwnKeys } from '../../app/ownKeys';
import { preferencesQuery } from '../../app/preferences';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import { ALL, type Entry } from './choosing';
import { KeyRow } from './KeyRow';
import classes from './KeysPage.module.css';

const ROOM_TEXT: Record<Room, string> = {
  worklist: t`Worklist`,
  image: t`Image`,
  comparison: t`Comparing readings`,
};

/** The sections of the page: first the keys that work everywhere, then those of each place. */
const PLACES: readonly { title: string; entries: readonly Entry[] }[] = [
  { title: EVERYWHERE, entries: ALL.filter(({ rooms }) => rooms.length === 3) },
  ...(['image', 'worklist', 'comparison'] as const).map((room) => ({
    title: ROOM_TEXT[room],
    entries: ALL.filter(({ rooms }) => rooms.length < 3 && rooms[0] === room),
  })),
];

/** Every command with its keys, and how a person changes them. */
export function KeysPage() {
  const client = useQueryClient();
  const { data, error, refetch } = useQuery(preferencesQuery);
  const [wanted, setWanted] = useState('');
  const put = useMutation({
    mutationFn: (keys: OwnKeys) => putKeyPreferences({ keys }),
    onMutate: (keys) => {
      const before = client.getQueryData<Preferences>(preferencesQuery.queryKey);
      client.setQueryData<Preferences>(preferencesQuery.queryKey, (known) =>
        known ? { ...known, keys: { keys } } : known,
      );
      return before;
    },
    onError: (failure, _, before) => {
      client.setQueryData(preferencesQuery.queryKey, before);
      notifications.show({ message: messageOf(failure), color: 'red' });
    },
  });
  const own = data?.keys.keys ?? {};
  const changed = ALL.filter(({ id }) => own[id] !== undefined).length;
  const shown = PLACES.map((place) => ({
    ...place,
    entries: place.entries.filter((entry) => isWanted(entry, wanted, own)),
  })).filter(({ entries }) => entries.length > 0);
  return (
    <Page>
      <PageHeader
        title={t`Keyboard`}
        actions={
          <Button
            variant="default"
            disabled={changed === 0 || put.isPending}
            onClick={() => put.mutate({})}
          >
            <Trans>Reset all keys</Trans>
          </Button>
        }
      >
        <Trans>
          Press a key’s button, then the new key. Your keys belong to your account and work on every
          computer.
        </Trans>
      </PageHeader>
      {data ? (
        <div className={classes.places}>
          <TextInput
            className={classes.search}
            aria-label={t`Find a command or a key`}
            placeholder={t`Find a command or a key`}
            value={wanted}
            onChange={(event) => setWanted(event.currentTarget.value)}
          />
          {shown.length === 0 ? (
            <p className={classes.quiet} role="status">
              <Trans>No command matches.</Trans>
            </p>
          ) : null}
          {shown.map(({ title, entries }) => (
            <Panel key={title} title={title}>
              <div className={classes.groups}>
                {[...new Set(entries.map(({ group }) => group))].map((group) => (
                  <section key={group} className={classes.group}>
                    {group === title ? null : <h3 className={classes.title}>{group}</h3>}
                    <ul className={classes.list}>
                      {entries
                        .filter((entry) => entry.group === group)
                        .map((entry) => (
                          <KeyRow key={entry.id} entry={entry} own={own} onChange={put.mutate} />
                        ))}
                    </ul>
                  </section>
                ))}
              </div>
            </Panel>
          ))}
        </div>
      ) : error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <LoadingRows />
      )}
    </Page>
  );
}

/** Matches part of the name, or the key as displayed. */
function isWanted(entry: Entry, wanted: string, own: OwnKeys): boolean {
  const text = wanted.trim();
  if (text === '') return true;
  const names = keysNow(entry, own).flatMap((key) => [key, keyName(key)]);
  const said = `${entry.label} ${entry.group}`.toLowerCase();
  return names.includes(text) || (text.length > 1 && said.includes(text.toLowerCase()));
}
