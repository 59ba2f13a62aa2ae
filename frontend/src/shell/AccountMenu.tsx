import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Text, UnstyledButton } from '@mantine/core';
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
import { LateMenu } from '../components/LateMenu';
import { lazily } from '../components/lazily';
import { withWords } from '../language/withWords';
import classes from './AccountMenu.module.css';
import { LanguageItems } from './LanguageItems';

const SignOutWarning = lazily(
  async () => (await withWords('panels', () => import('./SignOutWarning'))).SignOutWarning,
);

/** Loads the code even if no image was opened: an earlier visit may have left unsaved work. */
async function unsavedWork(): Promise<UnsavedWork> {
  return loadedWork() ?? (await withWords('image', () => import('../correction/theDesk'))).desk;
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
    // The request waits for the network; pretending that the sign-out worked would be worse.
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
    // A failure must not keep people signed in on a shared computer.
    onError: signOutSoon,
  });
  if (!user) return null;
  return (
    <>
      <LateMenu
        position="right-end"
        width={220}
        target={
          <UnstyledButton
            className={classes.avatar}
            aria-label={t`Account of ${user.name}`}
            data-initials={initials(user.name)}
          />
        }
      >
        {(Menu) => (
          <>
            <div className={classes.who}>
              <Text fw={600} size="sm">
                {user.name}
              </Text>
              <Text size="xs" c="dimmed">
                {user.email} · {ROLE_TEXT[projectOf(user)?.role ?? user.role]}
              </Text>
            </div>
            <Menu.Divider />
            <LanguageItems parts={Menu} />
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
          </>
        )}
      </LateMenu>
      {unsaved > 0 ? (
        <SignOutWarning
          unsaved={unsaved}
          onStay={() => setUnsaved(0)}
          onLeave={() => {
            setUnsaved(0);
            signOutSoon();
          }}
        />
      ) : null}
    </>
  );
}
