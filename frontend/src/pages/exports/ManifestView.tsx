import { Trans } from '@lingui/react/macro';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { FormError } from '../../components/FormError';
import classes from './ExportRow.module.css';
import { fetchManifest } from './manifest';

/** The manifest of the archive, read from the archive when this is opened. */
export function ManifestView({ url, size }: { url: string; size: number }) {
  const [opened, setOpened] = useState(false);
  const manifest = useQuery({
    queryKey: ['manifest', url],
    queryFn: ({ signal }) => fetchManifest(url, size, signal),
    enabled: opened,
    staleTime: Number.POSITIVE_INFINITY,
  });
  return (
    <details className={classes.manifest} onToggle={(event) => setOpened(event.currentTarget.open)}>
      <summary>
        <Trans>manifest.json, without its list of files</Trans>
      </summary>
      {manifest.isPending ? (
        <p className={classes.hint}>
          <Trans>Reading the archive…</Trans>
        </p>
      ) : null}
      <FormError error={manifest.error} />
      {manifest.data ? (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be focusable by keyboard
        <pre className={classes.json} tabIndex={0}>
          {JSON.stringify(manifest.data, null, 2)}
        </pre>
      ) : null}
    </details>
  );
}
