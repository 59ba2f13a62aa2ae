import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { ApiError, messageOf } from '../api/problem';
import { EmptyState } from './EmptyState';

/** What a page shows in place of its content when loading failed. */
export function ErrorState({ error, onRetry }: { error: unknown; onRetry: () => void }) {
  const requestId = error instanceof ApiError ? error.requestId : null;
  return (
    <div role="alert">
      <EmptyState title={error instanceof ApiError ? error.title : t`This page failed`}>
        <p>{messageOf(error)}</p>
        <Button variant="default" onClick={onRetry}>
          <Trans>Try again</Trans>
        </Button>
        {requestId ? (
          <p>
            <Trans>For your administrator: request {requestId}</Trans>
          </p>
        ) : null}
      </EmptyState>
    </div>
  );
}
