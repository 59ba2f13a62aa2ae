import { plural, t } from '@lingui/core/macro';
import { Plural, Trans } from '@lingui/react/macro';
import { Button, Group, Menu, Modal, Text, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconKeyboard, IconLogout, IconUserCircle } from '@tabler/icons-react';
import { onlineManager, useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { signOut } from '../api/session';
import { forgetPerson } from '../app/live';
import { queryClient } from '../app/queryClient';
import { ROLE_TEXT } from '../app/roleText';
import { projectOf, sessionQuery, useUser } from '../app/session';
import { loadedWork, type UnsavedWork } from '../app/unsavedWork';
import { initials } from '../components/initials';
import classes from './AccountMenu.module.css';
import { LanguageItems } from './LanguageItems';

/** Loads the code where no image was opened: an earlier visit may have left something. */
async function unsavedWork(): Promise<UnsavedWork> {
  return loadedWork() ?? (await import('../correction/theDesk')).desk;
}

export function AccountMenu() {
  const user = useUser();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      if (user)
        await unsavedWork().then(
          (work) => work.forget(user.id),
          () => {},
        );
      forgetPerson();
      queryClient.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: '/ui/sign-in', search: {} });
    },
  });
  const [unsaved, setUnsaved] = useState(0);
  const signOutSoon = () => {
    // The request waits for the network; pretending to be signed out would be worse.
    if (!onlineManager.isOnline()) {
      notifications.show({
        color: 'yellow',
        message: t`No network. You are signed out as soon as it is back. Keep this page open.`,
      });
    }
    leave.mutate();
  };
  const ask = useMutation({
    networkMode: 'always',
    mutationFn: async (id: string) => (await unsavedWork()).unsaved(id),
    onSuccess: (count) => {
      setUnsaved(count);
      if (count === 0) signOutSoon();
    },
    // People must be able to leave a shared computer.
    onError: signOutSoon,
  });
  if (!user) return null;
  return (
    <>
      <Menu position="right-end" width={220}>
        <Menu.Target>
          <UnstyledButton
            className={classes.avatar}
            aria-label={t`Account of ${user.name}`}
            data-initials={initials(user.name)}
          />
        </Menu.Target>
        <Menu.Dropdown>
          <div className={classes.who}>
            <Text fw={600} size="sm">
              {user.name}
            </Text>
            <Text size="xs" c="dimmed">
              {user.email} · {ROLE_TEXT[projectOf(user)?.role ?? user.role]}
            </Text>
          </div>
          <Menu.Divider />
          <LanguageItems />
          <Menu.Divider />
          <Menu.Item
            component={Link}
            to="/ui/account"
            leftSection={<IconUserCircle size={16} stroke={1.6} />}
          >
            <Trans>Account and password</Trans>
          </Menu.Item>
          <Menu.Item
            component={Link}
            to="/ui/keys"
            leftSection={<IconKeyboard size={16} stroke={1.6} />}
          >
            <Trans>Keyboard</Trans>
          </Menu.Item>
          <Menu.Item
            leftSection={<IconLogout size={16} stroke={1.6} />}
            onClick={() => ask.mutate(user.id)}
          >
            <Trans>Sign out</Trans>
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal
        opened={unsaved > 0}
        onClose={() => setUnsaved(0)}
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
          <Button
            color="red"
            variant="light"
            onClick={() => {
              setUnsaved(0);
              signOutSoon();
            }}
          >
            <Trans>
              Sign out and lose <Plural value={unsaved} one="it" other="them" />
            </Trans>
          </Button>
          <Button onClick={() => setUnsaved(0)} data-autofocus>
            <Trans>Stay signed in</Trans>
          </Button>
        </Group>
      </Modal>
    </>
  );
}
