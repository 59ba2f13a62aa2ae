import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, Group, PasswordInput, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { signIn } from '../api/session';
import type { SessionUser } from '../api/types';
import { queryClient } from '../app/queryClient';
import { sessionQuery } from '../app/session';
import { regainSession, sessionLoss } from '../app/sessionLoss';
import { Dialog } from '../components/Dialog';
import formClasses from '../components/FormCard.module.css';
import { FormError } from '../components/FormError';

/** Signs the same person in again without leaving the page: the drawing behind it is unchanged. */
export function SignInAgain({ owner }: { owner: SessionUser | null }) {
  const [password, setPassword] = useState('');

  const enter = useMutation({
    mutationFn: () => signIn(owner?.email ?? '', password),
    onSuccess: async () => {
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      regainSession();
      void queryClient.invalidateQueries();
    },
    onSettled: () => setPassword(''),
  });

  return (
    <Dialog onClose={() => sessionLoss.set({ asking: false })} title={t`Sign in to continue`}>
      <form
        className={formClasses.form}
        data-testid="sign-in-again"
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate();
        }}
      >
        <Text size="sm" lh={1.5}>
          <Trans>
            Your session has ended. Your drawing is safe here and is saved as soon as you sign in.
          </Trans>
        </Text>
        {/* Password managers look for the user name that belongs to the password. */}
        <input type="email" autoComplete="username" value={owner?.email ?? ''} readOnly hidden />
        <PasswordInput
          label={t`Password of ${owner?.email ?? ''}`}
          autoComplete="current-password"
          required
          withAsterisk={false}
          data-autofocus
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FormError error={enter.error} />
        <Group justify="space-between">
          <Anchor size="sm" href="/ui/sign-in">
            <Trans>Sign in as someone else</Trans>
          </Anchor>
          <Button type="submit" loading={enter.isPending}>
            <Trans>Sign in</Trans>
          </Button>
        </Group>
      </form>
    </Dialog>
  );
}
