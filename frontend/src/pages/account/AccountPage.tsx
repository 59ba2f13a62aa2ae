import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, PasswordInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { changePassword } from '../../api/session';
import { fetchTokens } from '../../api/tokens';
import type { Token } from '../../api/types';
import { ROLE_TEXT } from '../../app/roleText';
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
      <PageHeader title={t`Account`} />
      <div className={classes.grid}>
        <Panel title={t`You`}>
          <dl className={classes.facts}>
            <dt>
              <Trans>Name</Trans>
            </dt>
            <dd>{user?.name}</dd>
            <dt>
              <Trans>Email</Trans>
            </dt>
            <dd>{user?.email}</dd>
            <dt>
              <Trans>Role</Trans>
            </dt>
            <dd>
              {user?.projects.map((project) => (
                <div key={project.id}>
                  {user.projects.length > 1
                    ? t`${ROLE_TEXT[project.role]} in ${project.name}`
                    : ROLE_TEXT[project.role]}
                </div>
              ))}
              {user?.site_admin ? t`Admin of the site` : null}
            </dd>
          </dl>
          <p className={classes.quiet}>
            <Trans>An administrator can change these.</Trans>
          </p>
        </Panel>
        <Panel title={t`Password`}>
          <PasswordForm key={round} onChanged={() => setRound(round + 1)} />
        </Panel>
      </div>
    </Page>
  );
}

/** Number of this person's tokens that are still valid. */
function working(tokens: Token[] | undefined, owner: string | undefined) {
  const now = Date.now();
  return (tokens ?? []).filter(
    (token) =>
      token.owner.id === owner &&
      !token.revoked_at &&
      (!token.expires_at || Date.parse(token.expires_at) > now),
  ).length;
}

function PasswordForm({ onChanged }: { onChanged: () => void }) {
  const user = useUser();
  const queries = useQueryClient();
  const tokens = useQuery({ queryKey: ['tokens'], queryFn: ({ signal }) => fetchTokens(signal) });
  const count = working(tokens.data?.items, user?.id);
  const [endTokens, setEndTokens] = useState(true);
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [valid, setValid] = useState(false);
  const change = useMutation({
    mutationFn: () => changePassword(current, next, !endTokens),
    onSuccess: () => {
      void queries.invalidateQueries({ queryKey: ['tokens'] });
      notifications.show({
        message:
          count > 0 && endTokens
            ? t`Your password was changed. Your API tokens no longer work.`
            : t`Your password was changed.`,
      });
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
        label={t`Current password`}
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
      <p className={classes.quiet}>
        <Trans>Other browsers are signed out, and links that set your password stop working.</Trans>
      </p>
      {count > 0 && (
        <Checkbox
          label={plural(count, { one: 'End my API token too', other: 'End my # API tokens too' })}
          description={t`Keep this on if someone else may know your password. Scripts that use a token stop working until they get a new one.`}
          checked={endTokens}
          onChange={(event) => setEndTokens(event.currentTarget.checked)}
        />
      )}
      <FormError error={change.error} />
      <div>
        <Button type="submit" disabled={!valid || !current} loading={change.isPending}>
          <Trans>Change password</Trans>
        </Button>
      </div>
    </form>
  );
}
