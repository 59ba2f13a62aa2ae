import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';

const AGAIN_MS = 2000;

/** Asks for a module until it comes: React keeps the first failure of a lazy component for good. */
async function persistently<Loaded>(load: () => Promise<Loaded>): Promise<Loaded> {
  for (;;) {
    try {
      return await load();
    } catch {
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}

/**
 * A component whose code is loaded when it is first shown; until then there is nothing in its place.
 * Without a network it comes as soon as there is one again, and the page around it stays.
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
