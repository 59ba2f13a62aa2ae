import { plural } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Group, Text } from '@mantine/core';
import { Dialog } from '../components/Dialog';

interface Props {
  /** Number of drawings that the server does not have. */
  unsaved: number;
  onStay: () => void;
  onLeave: () => void;
}

/** Asks before signing out, which removes drawings that only this browser has. */
export function SignOutWarning({ unsaved, onStay, onLeave }: Props) {
  return (
    <Dialog
      onClose={onStay}
      title={plural(unsaved, {
        one: 'One drawing is not saved',
        other: '# drawings are not saved',
      })}
    >
      <Text size="sm" lh={1.5} data-testid="sign-out-warning">
        <Trans>
          The server does not have <Plural value={unsaved} one="it" other="them" /> yet; only this
          browser does. Signing out removes <Plural value={unsaved} one="it" other="them" /> for
          good, so that the next person at this computer cannot see{' '}
          <Plural value={unsaved} one="it" other="them" />.
        </Trans>
      </Text>
      <Group justify="flex-end" mt="lg" gap="xs">
        <Button color="red" variant="light" onClick={onLeave}>
          <Trans>
            Sign out and lose <Plural value={unsaved} one="it" other="them" />
          </Trans>
        </Button>
        <Button onClick={onStay} data-autofocus>
          <Trans>Stay signed in</Trans>
        </Button>
      </Group>
    </Dialog>
  );
}
