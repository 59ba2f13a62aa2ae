import { plural, t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { undoBulkAct } from '../../api/bulk';
import { messageOf } from '../../api/problem';
import { type Deletion, eraseDeletion, fetchDeletions } from '../../api/storage';
import { sizeText } from '../../app/poolText';
import { isAdmin, useUser } from '../../app/session';
import { ConfirmDialog } from '../../components/ConfirmDialog';
import { DataTable } from '../../components/DataTable';
import { EmptyState } from '../../components/EmptyState';
import { ErrorState } from '../../components/ErrorState';
import { LoadingRows } from '../../components/LoadingRows';
import { ExactMoment } from '../../components/Moment';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';

const KEY = ['deleted-images'] as const;

/** Images of the project that were deleted together, until they are deleted permanently. */
export function DeletedPage() {
  const user = useUser();
  const found = useInfiniteQuery({
    queryKey: KEY,
    queryFn: ({ pageParam, signal }) => fetchDeletions(pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  const items = found.data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <Page>
      <PageHeader title={t`Deleted images`}>
        {isAdmin(user) ? (
          <Trans>
            They are in no list and no export. Bring them back, or erase them before their time to
            free storage.
          </Trans>
        ) : (
          <Trans>
            Images that you deleted. They are in no list and no export, and can be brought back.
          </Trans>
        )}
      </PageHeader>
      {found.isPending ? <LoadingRows /> : null}
      {found.isError ? (
        <ErrorState error={found.error} onRetry={() => void found.refetch()} />
      ) : null}
      {found.isSuccess && items.length === 0 ? <EmptyState title={t`No deleted images`} /> : null}
      {items.length > 0 ? (
        <DataTable
          label={t`Deleted images`}
          columns={[t`Deleted`, t`By`, t`Images`, t`Size`, t`Kept until`, '']}
        >
          {items.map((deletion) => (
            <DeletionRow key={deletion.id} deletion={deletion} mayErase={isAdmin(user)} />
          ))}
        </DataTable>
      ) : null}
      {found.hasNextPage ? (
        <Group justify="center" mt="md">
          <Button
            variant="default"
            loading={found.isFetchingNextPage}
            onClick={() => void found.fetchNextPage()}
          >
            <Trans>Show more</Trans>
          </Button>
        </Group>
      ) : null}
    </Page>
  );
}

function DeletionRow({ deletion, mayErase }: { deletion: Deletion; mayErase: boolean }) {
  const client = useQueryClient();
  const [asking, setAsking] = useState(false);
  const again = () => {
    void client.invalidateQueries({ queryKey: KEY });
    void client.invalidateQueries({ queryKey: ['images'] });
  };
  const restore = useMutation({
    mutationFn: () => undoBulkAct(deletion.id),
    onSuccess: ({ images, skipped }) => {
      const left = skipped.reduce((sum, one) => sum + one.images, 0);
      const back = plural(images, { one: '# image is back.', other: '# images are back.' });
      notifications.show({
        message:
          left > 0
            ? `${back} ${plural(left, {
                one: '# was uploaded again since and stays deleted.',
                other: '# were uploaded again since and stay deleted.',
              })}`
            : back,
      });
    },
    onError: (error) => notifications.show({ color: 'red', message: messageOf(error) }),
    onSettled: again,
  });
  const erase = useMutation({
    mutationFn: () => eraseDeletion(deletion.id),
    onSuccess: () => setAsking(false),
    onSettled: again,
  });
  const count = deletion.images;
  return (
    <tr>
      <td>
        <ExactMoment at={deletion.created_at} />
      </td>
      <td>{deletion.created_by.name}</td>
      <td>{count}</td>
      <td>{sizeText(deletion.bytes)}</td>
      <td>
        <ExactMoment at={deletion.kept_until} />
      </td>
      <td align="right">
        <Group gap="xs" justify="flex-end" wrap="nowrap">
          <Button
            size="compact-sm"
            variant="default"
            loading={restore.isPending}
            onClick={() => restore.mutate()}
          >
            <Trans>Bring back</Trans>
          </Button>
          {mayErase ? (
            <Button
              size="compact-sm"
              variant="subtle"
              color="red"
              disabled={restore.isPending}
              onClick={() => setAsking(true)}
            >
              <Trans>Erase…</Trans>
            </Button>
          ) : null}
        </Group>
        {asking ? (
          <ConfirmDialog
            title={plural(count, { one: 'Erase # image?', other: 'Erase # images?' })}
            act={t`Erase for good`}
            running={erase}
            onClose={() => setAsking(false)}
            onAct={() => erase.mutate()}
          >
            <Trans>
              <Plural value={count} one="It is" other="They are" /> gone for good, with masks and
              measurements. Nobody can bring <Plural value={count} one="it" other="them" /> back.
            </Trans>
          </ConfirmDialog>
        ) : null}
      </td>
    </tr>
  );
}
