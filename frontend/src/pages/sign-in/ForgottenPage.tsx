import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Anchor, Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { askForNewPassword } from '../../api/session';
import { FormCard } from '../../components/FormCard';
import classes from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { site } from '../../language/site';

/** A link for a new password: by email if the site sends any, else from an administrator. */
export function ForgottenPage() {
  const [email, setEmail] = useState('');
  const ask = useMutation({ mutationFn: () => askForNewPassword(email.trim()) });
  return (
    <FormCard title={t`Forgot your password?`}>
      {!site.mail ? (
        <p className={classes.lead}>
          <Trans>
            Ask your administrator for a link that sets a new password: on the page “People”, in the
            menu beside your name. This site sends no email.
          </Trans>
        </p>
      ) : ask.isSuccess ? (
        <p className={classes.lead} role="status">
          <Trans>
            If there is an account with this address, a link was sent to it. It works once, for 24
            hours. Check the spam folder if it does not arrive.
          </Trans>
        </p>
      ) : (
        <form
          className={classes.form}
          onSubmit={(event) => {
            event.preventDefault();
            ask.mutate();
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
          <FormError error={ask.error} />
          <Button type="submit" fullWidth loading={ask.isPending}>
            <Trans>Send a link</Trans>
          </Button>
        </form>
      )}
      <Anchor component={Link} to="/ui/sign-in" size="sm" mt="md" display="inline-block">
        <Trans>Go to sign-in</Trans>
      </Anchor>
    </FormCard>
  );
}
