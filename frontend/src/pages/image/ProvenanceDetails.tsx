import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { ReactNode } from 'react';
import type { ImageDetail, Mask } from '../../api/types';
import { fixed } from '../../language/language';
import { formatValue } from '../models/facts';
import classes from './ProvenanceDetails.module.css';

/** Nested settings as dotted names: crf.iterations. */
export function flatten(value: Record<string, unknown>, prefix = ''): [string, string][] {
  return Object.entries(value).flatMap(([name, inner]): [string, string][] => {
    const path = prefix ? `${prefix}.${name}` : name;
    if (inner !== null && typeof inner === 'object' && !Array.isArray(inner)) {
      return flatten(inner as Record<string, unknown>, path);
    }
    return [[path, formatValue(inner)]];
  });
}

export function ProvenanceDetails({ image, mask }: { image: ImageDetail; mask: Mask | null }) {
  const provenance = mask?.result?.provenance;
  const timings = Object.entries(mask?.result?.timings_ms ?? {});
  return (
    <details className={classes.root}>
      <summary className={classes.summary}>
        <Trans>How this result was made</Trans>
      </summary>
      {provenance ? (
        <>
          <Facts
            rows={[
              ['model', `${provenance.model.name} ${provenance.model.version}`],
              ['sha-256', provenance.model.sha256],
              ['software', provenance.software],
              [t`runs on`, provenance.provider],
              [t`mask revision`, String(mask?.revision)],
              ...flatten(provenance.settings),
            ]}
          />
          <h3 className={classes.title}>
            <Trans>Time per stage (ms)</Trans>
          </h3>
          <Facts rows={timings.map(([stage, ms]) => [stage, fixed(Number(ms), 1)])} />
        </>
      ) : (
        <p>
          <Trans>Not known for this mask.</Trans>
        </p>
      )}
      {Object.keys(image.frame.attributes).length > 0 ? (
        <>
          <h3 className={classes.title}>
            <Trans>Kept from the file</Trans>
          </h3>
          <Facts rows={flatten(image.frame.attributes)} />
        </>
      ) : null}
      <h3 className={classes.title}>
        <Trans>Image id</Trans>
      </h3>
      <p className={classes.id}>{image.id}</p>
    </details>
  );
}

/** Long setting names may only break after dots and underscores. */
function breakable(name: string): ReactNode[] {
  return name.split(/(?<=[._])/).flatMap((part) => [part, <wbr key={part} />]);
}

function Facts({ rows }: { rows: [string, string][] }) {
  return (
    <dl className={classes.facts}>
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{breakable(name)}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
