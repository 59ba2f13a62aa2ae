import { Button, PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { changePassword } from '../../api/session';
import { useUser } from '../../app/session';
import formClasses from '../../components/FormCard.module.css';
import { FormError } from '../../components/FormError';
import { NewPassword } from '../../components/NewPassword';
import { Page } from '../../components/Page';
import { PageHeader } from '../../components/PageHeader';
import { Panel } from '../../components/Panel';
import classes from './AccountPage.module.css';

export function AccountPage() {
  const user = useUser();
  const [round, setRound] = useState(0);
  return (
    <Page>
      <PageHeader title="Account" />
      <div className={classes.grid}>
        <Panel title="You">
          <dl className={classes.facts}>
            <dt>Name</dt>
            <dd>{user?.name}</dd>
            <dt>E-mail</dt>
            <dd>{user?.email}</dd>
            <dt>Role</dt>
            <dd>{user?.role}</dd>
          </dl>
          <p className={classes.quiet}>An administrator can change these.</p>
        </Panel>
        <Panel title="Password">
          <PasswordForm key={round} onChanged={() => setRound(round + 1)} />
        </Panel>
      </div>
    </Page>
  );
}

function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [valid, setValid] = useState(false);
  const change = useMutation({
    mutationFn: () => changePassword(current, next),
    onSuccess: () => {
      notifications.show({ message: 'Your password was changed.' });
      onChanged();
    },
  });
  return (
    <form
      className={formClasses.form}
      onSubmit={(event) => {
        event.preventDefault();
        change.mutate();
      }}
    >
      <PasswordInput
        label="Current password"
        autoComplete="current-password"
        required
        withAsterisk={false}
        value={current}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      <NewPassword
        value={next}
        onChange={(value, ok) => {
          setNext(value);
          setValid(ok);
        }}
      />
      <FormError error={change.error} />
      <div>
        <Button type="submit" disabled={!valid || !current} loading={change.isPending}>
          Change password
        </Button>
      </div>
    </form>
  );
}
