import { Menu, Text, UnstyledButton } from '@mantine/core';
import { IconLogout, IconUserCircle } from '@tabler/icons-react';
import { useMutation } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { signOut } from '../api/session';
import { initials } from '../components/initials';
import classes from './AccountMenu.module.css';
import { forgetPerson } from './live';
import { queryClient } from './queryClient';
import { sessionQuery, useUser } from './session';

export function AccountMenu() {
  const user = useUser();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: signOut,
    onSettled: async () => {
      forgetPerson();
      queryClient.setQueryData(sessionQuery.queryKey, null);
      await navigate({ to: '/ui/sign-in', search: {} });
    },
  });
  if (!user) return null;
  return (
    <Menu position="right-end" width={220}>
      <Menu.Target>
        <UnstyledButton className={classes.avatar} aria-label={`Account of ${user.name}`}>
          <span aria-hidden="true">{initials(user.name)}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <div className={classes.who}>
          <Text fw={600} size="sm">
            {user.name}
          </Text>
          <Text size="xs" c="dimmed">
            {user.email} · {user.role}
          </Text>
        </div>
        <Menu.Divider />
        <Menu.Item
          component={Link}
          to="/ui/account"
          leftSection={<IconUserCircle size={16} stroke={1.6} />}
        >
          Account and password
        </Menu.Item>
        <Menu.Item
          leftSection={<IconLogout size={16} stroke={1.6} />}
          onClick={() => leave.mutate()}
        >
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
