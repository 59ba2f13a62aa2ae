import { Trans } from '@lingui/react/macro';
import type { Deployment } from '../../api/types';

/** Which model outlines new images, in a sentence. */
export function InUse({ now }: { now: Deployment | undefined }) {
  if (!now)
    return (
      <Trans>Nothing has been promoted yet; the model that comes with the software is used.</Trans>
    );
  const model = `${now.model} ${now.version}`;
  return now.everywhere ? (
    <Trans>
      <strong>{model}</strong> outlines new images, as on the whole site.
    </Trans>
  ) : (
    <Trans>
      <strong>{model}</strong> outlines new images of this project.
    </Trans>
  );
}
