import { t } from '@lingui/core/macro';
import { notifications } from '@mantine/notifications';
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { isFailedDownload } from '../api/failedDownload';

const AGAIN_MS = 2000;
const MISSING = 'missing-part';

let missing = 0;

function missesOne(change: 1 | -1): void {
  missing += change;
  if (missing === 0) notifications.hide(MISSING);
  else if (missing === 1 && change === 1)
    notifications.show({
      id: MISSING,
      color: 'yellow',
      autoClose: false,
      title: t`Part of this page did not load`,
      message: t`It is retried until it loads. If it does not load, reload the page: what you drew is kept.`,
    });
}

/**
 * Requests a module until it loads: React keeps the first failure of a lazy component forever.
 * @throws the module's own error, for which another attempt would not help
 */
export async function persistently<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  let told = false;
  try {
    for (;;) {
      try {
        return await load();
      } catch (error) {
        if (!isFailedDownload(error)) throw error;
        if (!told) missesOne(1);
        told = true;
        await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
      }
    }
  } finally {
    if (told) missesOne(-1);
  }
}

/**
 * A component whose code is loaded when it is first shown; until then its place is empty. Without a
 * network it loads as soon as the network is back; the page around it stays, and the reader is
 * informed. An error in the code goes to the nearest error boundary.
 */
export function lazily<Props extends object>(
  load: () => Promise<ComponentType<Props>>,
): (props: Props) => ReactNode {
  const Loaded = lazy(async () => ({
    default: await persistently(load),
  })) as unknown as ComponentType<Props>;
  return function Lazily(props: Props) {
    return (
      <Suspense fallback={null}>
        <Loaded {...props} />
      </Suspense>
    );
  };
}
