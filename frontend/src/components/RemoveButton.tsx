import { t } from '@lingui/core/macro';
import { Button } from '@mantine/core';
import { useState } from 'react';

/** Removes a table row at the second press; losing the focus cancels the first one. */
export function RemoveButton({
  name,
  loading,
  onRemove,
}: {
  name: string;
  loading: boolean;
  onRemove: () => void;
}) {
  const [sure, setSure] = useState(false);
  return (
    <Button
      size="compact-sm"
      variant={sure ? 'filled' : 'default'}
      color={sure ? 'red' : undefined}
      loading={loading}
      aria-label={sure ? t`Remove ${name} now` : t`Remove ${name}`}
      onBlur={() => setSure(false)}
      onClick={() => (sure ? onRemove() : setSure(true))}
    >
      {sure ? t`Really remove?` : t`Remove`}
    </Button>
  );
}
