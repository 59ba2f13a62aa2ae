import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { messageOf } from '../api/problem';
import { ariaKey, keyNameOf, keysOf } from './ownKeys';
import classes from './undoToast.module.css';

const OFFERED_MS = 10_000;
const SAID_MS = 5_000;

interface Offer {
  /** A sentence about the action. */
  message: string;
  /** Undoes it on the server; a failure is shown with its reason. */
  undo: () => Promise<void>;
  /** The message shown after undoing. */
  undone: string | (() => string);
}

let made = 0;
/** Actions that can still be undone, newest last. */
let offers: readonly { id: string; undo: () => void }[] = [];

const withdraw = (id: string) => {
  offers = offers.filter((offer) => offer.id !== id);
};

/** Shows an action and offers to undo it for ten seconds. */
export function offerUndo({ message, undo, undone }: Offer): void {
  made += 1;
  const id = `undo-${made}`;
  let taken = false;
  const run = () => {
    if (taken) return;
    taken = true;
    withdraw(id);
    notifications.update({ id, message: t`Undoing…`, loading: true, autoClose: false });
    undo().then(
      () =>
        notifications.update({
          id,
          message: typeof undone === 'string' ? undone : undone(),
          loading: false,
          autoClose: SAID_MS,
        }),
      (error) =>
        notifications.update({
          id,
          title: t`Not undone`,
          message: messageOf(error),
          color: 'red',
          loading: false,
          autoClose: OFFERED_MS,
        }),
    );
  };
  const key = keyNameOf('undo-last');
  offers = [...offers, { id, undo: run }];
  notifications.show({
    id,
    autoClose: OFFERED_MS,
    message: (
      <Group justify="space-between" wrap="nowrap" gap="md">
        <span id={`${id}-message`}>{message}</span>
        <Button
          size="compact-sm"
          variant="light"
          className={classes.undo}
          // The undone action describes the button: its name must contain all the visible text.
          aria-describedby={`${id}-message`}
          aria-keyshortcuts={keysOf('undo-last').map(ariaKey).join(' ')}
          onClick={run}
        >
          <Trans>
            Undo <kbd className={classes.key}>{key}</kbd>
          </Trans>
        </Button>
      </Group>
    ),
    onClose: () => withdraw(id),
  });
}

/** Undoes the action of the newest message, then of the one before; nothing once they have gone. */
export function undoLast(): void {
  offers.at(-1)?.undo();
}
