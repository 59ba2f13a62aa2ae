import { t } from '@lingui/core/macro';
import { Skeleton } from '@mantine/core';

export function LoadingRows({ rows = 5 }: { rows?: number }) {
  return (
    <div role="status" aria-label={t`Loading`}>
      {Array.from({ length: rows }, (_, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
        <Skeleton key={row} height={44} mb={8} radius="md" />
      ))}
    </div>
  );
}
