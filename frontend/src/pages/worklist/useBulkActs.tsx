import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import type { BulkKind, Chosen } from '../../api/bulk';
import { messageOf } from '../../api/problem';
import { lazily } from '../../components/lazily';
import { withWords } from '../../language/withWords';
import { actAndOfferUndo } from './bulk';

const DeleteDialog = lazily(
  async () => (await withWords('panels', () => import('./DeleteDialog'))).DeleteDialog,
);

interface Options {
  chosen: () => Chosen;
  count: number;
  /** Opens the dialog for choosing the readers. */
  onAssign: () => void;
  onDone: () => void;
}

interface BulkActs {
  act: (kind: BulkKind) => void;
  busy: BulkKind | null;
  /** The confirmation before images are deleted; empty otherwise. */
  confirmation: ReactNode;
}

/** Actions on the selected images: each is one request and is undone as a whole. */
export function useBulkActs({ chosen, count, onAssign, onDone }: Options): BulkActs {
  const [asking, setAsking] = useState(false);
  const run = useMutation({
    mutationFn: (kind: BulkKind) => actAndOfferUndo(kind, chosen()),
    onSuccess: onDone,
    onError: (error) => notifications.show({ message: messageOf(error), color: 'red' }),
    onSettled: () => setAsking(false),
  });
  const act = (kind: BulkKind) => {
    if (count === 0 || run.isPending) return;
    if (kind === 'assign') onAssign();
    else if (kind === 'delete') setAsking(true);
    else run.mutate(kind);
  };
  return {
    act,
    busy: run.isPending ? run.variables : null,
    confirmation: asking ? (
      <DeleteDialog
        count={count}
        running={{ isPending: run.isPending, error: null }} // an error becomes a message
        onDelete={() => run.mutate('delete')}
        onClose={() => setAsking(false)}
      />
    ) : null,
  };
}
