import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Loader } from '@mantine/core';
import { useStore } from '../../../editing/useEditorState';
import classes from '../editing/OptionsBar.module.css';
import type { Redaction } from './useRedaction';

/** Actions for drawn black boxes. */
export function BlackoutOptions({ redaction }: { redaction: Redaction }) {
  const { blackout, ask, working } = redaction;
  const areas = useStore(blackout.state, (state) => state.areas, []);
  if (working) {
    return (
      <span className={classes.working} role="status">
        <Loader size={14} aria-hidden="true" />
        <Trans>Blacking out…</Trans>
      </span>
    );
  }
  return (
    <>
      <Button
        size="compact-xs"
        color="red"
        disabled={areas.length === 0}
        onClick={() => ask(areas)}
      >
        {areas.length > 1 ? t`Black out ${areas.length} areas…` : t`Black out…`}
      </Button>
      {areas.length > 0 ? (
        <Button size="compact-xs" variant="subtle" color="gray" onClick={() => blackout.clear()}>
          <Trans>Discard</Trans>
        </Button>
      ) : null}
    </>
  );
}
