import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, Loader, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useEffect, useState } from 'react';
import { acceptInvitation, createFirstAdmin, lookUpInvitation } from '../../api/session';
import type { Invitation } from '../../api/types';
import { queryClient } from '../../app/queryClient';
import { sessionQuery } from '../../app/session';
import { FormCard } from '../../components/FormCard';
import classes from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { NewPassword } from '../../components/NewPassword';
import { tokenFromHash } from './tokenFromHash';

// Read once when the page's code loads, before anything can navigate: StrictMode mounts twice.
const token = tokenFromHash(window.location.hash);

const TITLES: Record<Invitation['purpose'], string> = {
  'first-admin': t`Set up Sonoloop`,
  invitation: t`Welcome`,
  reset: t`Choose a new password`,
};

export function SetUpPage() {
  // The token must not stay in the address, the history or a screenshot.
  useEffect(() => {
    window.history.replaceState(window.history.state, '', window.location.pathname);
  }, []);

  const invitation = useQuery({
    queryKey: ['invitation'],
    queryFn: ({ signal }) => lookUpInvitation(token ?? '', signal),
    enabled: token !== null,
    staleTime: Number.POSITIVE_INFINITY,
    refetchOnWindowFocus: false,
  });

  if (token === null || invitation.isError) {
    return (
      <FormCard title={t`This link does not work`}>
        {invitation.isError ? (
          <FormError error={invitation.error} />
        ) : (
          <p className={classes.lead}>
            <Trans>
              The link is incomplete. Open it again in full, or ask an administrator for a new one.
            </Trans>
          </p>
        )}
        <p>
          <Anchor component={Link} to="/ui/sign-in">
            <Trans>Go to sign-in</Trans>
          </Anchor>
        </p>
      </FormCard>
    );
  }
  if (!invitation.data) {
    return (
      <FormCard title={t`One moment`}>
        <Loader size="sm" aria-label={t`Checking the link`} />
      </FormCard>
    );
  }
  return <SetUpForm token={token} invitation={invitation.data} />;
}

function SetUpForm({ token, invitation }: { token: string; invitation: Invitation }) {
  const navigate = useNavigate();
  const { purpose } = invitation;
  const [name, setName] = useState(invitation.name ?? '');
  const [email, setEmail] = useState(invitation.email ?? '');
  const [password, setPassword] = useState('');
  const [valid, setValid] = useState(false);
  const save = useMutation({
    mutationFn: () => {
      if (purpose === 'first-admin') {
        return createFirstAdmin({ token, name: name.trim(), email: email.trim(), password });
      }
      const rename = purpose === 'invitation' ? { name: name.trim() } : {};
      return acceptInvitation({ token, password, ...rename });
    },
    onSuccess: async () => {
      queryClient.clear();
      await queryClient.fetchQuery({ ...sessionQuery, staleTime: 0 });
      await navigate({ to: '/ui/worklist', replace: true });
    },
  });

  return (
    <FormCard title={TITLES[purpose]}>
      <p className={classes.lead}>
        {purpose === 'first-admin'
          ? t`You are the first administrator: you invite everybody else.`
          : t`For ${invitation.email ?? t`your account`}.`}
      </p>
      <form
        className={classes.form}
        onSubmit={(event) => {
          event.preventDefault();
          save.mutate();
        }}
      >
        {purpose === 'reset' ? null : (
          <TextInput
            label={t`Your name`}
            autoComplete="name"
            required
            withAsterisk={false}
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
          />
        )}
        {purpose === 'first-admin' ? (
          <TextInput
            label={t`Email`}
            type="email"
            autoComplete="username"
            required
            withAsterisk={false}
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
          />
        ) : (
          <input type="hidden" autoComplete="username" value={email} readOnly />
        )}
        <NewPassword
          value={password}
          onChange={(value, ok) => {
            setPassword(value);
            setValid(ok);
          }}
        />
        <FormError error={save.error} />
        <Button type="submit" fullWidth disabled={!valid} loading={save.isPending}>
          {purpose === 'reset' ? t`Save and sign in` : t`Create account`}
        </Button>
      </form>
    </FormCard>
  );
}
