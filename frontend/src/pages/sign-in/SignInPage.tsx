import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, PasswordInput, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { getRouteApi, Link, useRouter } from '@tanstack/react-router';
import { useState } from 'react';
import { fetchSetupNeeded, signIn } from '../../api/session';
import { queryClient } from '../../app/queryClient';
import { sessionQuery } from '../../app/session';
import { FormCard } from '../../components/FormCard';
import classes from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { site } from '../../language/site';
import { uploads } from '../../uploads/theUploads';

const route = getRouteApi('/ui/sign-in');

export function SignInPage() {
  const { next } = route.useSearch();
  const router = useRouter();
  const [email, setEmail] = useState('');
  const [password, setPassword] = useState('');
  const setup = useQuery({
    queryKey: ['setup'],
    queryFn: ({ signal }) => fetchSetupNeeded(signal),
  });
  const enter = useMutation({
    mutationFn: () => signIn(email.trim(), password),
    onSuccess: async () => {
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      uploads.hurry();
      router.history.replace(next ?? '/ui/worklist');
    },
    onError: () => setPassword(''),
  });

  return (
    <FormCard title={t`Sign in`}>
      {setup.data?.needed ? (
        <p className={classes.lead}>
          <Trans>
            This installation has no administrator yet. Open the one-time set-up link that the
            server printed when it started.
          </Trans>
        </p>
      ) : null}
      {site.notice ? <p className={classes.lead}>{site.notice}</p> : null}
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate();
        }}
      >
        <TextInput
          label={t`Email`}
          type="email"
          autoComplete="username"
          required
          withAsterisk={false}
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
        />
        <PasswordInput
          label={t`Password`}
          autoComplete="current-password"
          required
          withAsterisk={false}
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <FormError error={enter.error} />
        <Button type="submit" fullWidth loading={enter.isPending}>
          <Trans>Sign in</Trans>
        </Button>
      </form>
      <Anchor component={Link} to="/ui/forgotten" size="sm" mt="md" display="inline-block">
        <Trans>Forgot your password?</Trans>
      </Anchor>
    </FormCard>
  );
}
