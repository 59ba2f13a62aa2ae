import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { Link } from '@tanstack/react-router';
import { ApiError, isPageFault, messageOf } from '../api/problem';
import { EmptyState } from './EmptyState';

/** A translated title: the API's titles are English. */
function titleOf(error: unknown): string {
  if (!(error instanceof ApiError)) return t`This page failed`;
  if (error.status === 404) return t`Not found`;
  if (error.status === 403) return t`Not allowed`;
  return error.status === 0 ? t`No connection` : t`This did not work`;
}

/** Replaces the content of a page whose loading failed. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  const missing = error instanceof ApiError && error.status === 404;
  return (
    <div role="alert">
      <EmptyState title={titleOf(error)}>
        <p>{messageOf(error)}</p>
        {missing ? (
          <Button component={Link} to="/ui/worklist" variant="default">
            <Trans>Go to the worklist</Trans>
          </Button>
        ) : isPageFault(error) ? (
          <Button variant="default" onClick={() => window.location.reload()}>
            <Trans>Reload the page</Trans>
          </Button>
        ) : (
          <Button variant="default" onClick={onRetry}>
            <Trans>Try again</Trans>
          </Button>
        )}
        {requestId && !missing ? (
          <p>
            <Trans>For your administrator: request {requestId}</Trans>
          </p>
        ) : null}
      </EmptyState>
    </div>
  );
}
