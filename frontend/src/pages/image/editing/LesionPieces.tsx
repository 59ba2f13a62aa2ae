import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useCallback, useEffect, useRef } from 'react';
import { missingStore } from '../../../editing/missing';
import { useStore } from '../../../editing/useEditorState';
import { commands, type Editor, type EditorLesion } from '../../../editor';
import classes from './LesionPieces.module.css';
import type { LesionMeasures } from './lesionMeasures';

/** A notice that a lesion is in several parts, with ways to fix it; nothing if it is not. */
export function LesionPieces(props: {
  editor: Editor;
  lesion: EditorLesion;
  measures: LesionMeasures;
  readOnly: boolean;
}) {
  const { editor, lesion, measures, readOnly } = props;
  const { label, name } = lesion;
  const parts = useStore(
    measures.state,
    useCallback(({ of }) => of.get(label)?.parts.length ?? 0, [label]),
    0,
  );
  const first = useRef<HTMLButtonElement>(null);
  const asked = useStore(
    missingStore,
    ({ missing }) => missing?.what === 'pieces' && missing.lesion === label,
    false,
  );
  const times = useStore(missingStore, (state) => state.times, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    if (asked) first.current?.focus();
  }, [asked, times]);

  if (parts < 2) return null;
  return (
    <div className={classes.root} data-asked={asked}>
      <span>
        <Trans>In {parts} separate areas; the size is that of the longest.</Trans>
      </span>
      {readOnly ? null : (
        <div className={classes.buttons}>
          <Button
            ref={first}
            size="compact-xs"
            variant="default"
            aria-label={t`Split into lesions: ${name}`}
            onClick={() => commands.splitLesion(editor, label)}
          >
            <Trans>Split into lesions</Trans>
          </Button>
          <Button
            size="compact-xs"
            variant="default"
            aria-label={t`Remove stray areas: ${name}`}
            onClick={() => commands.removeStrayAreas(editor, label)}
          >
            <Trans>Remove stray areas</Trans>
          </Button>
        </div>
      )}
    </div>
  );
}
