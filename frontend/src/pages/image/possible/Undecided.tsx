import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useEffect, useRef } from 'react';
import { keyNameOf, useOwnKeys, withKey } from '../../../app/ownKeys';
import { Tooltip } from '../../../components/Tooltip';
import { missingStore } from '../../../editing/missing';
import { useStore } from '../../../editing/useEditorState';
import { commands, type Editor, type EditorLesion } from '../../../editor';
import { percent } from '../answerSentence';
import classes from './Undecided.module.css';

/** The dashed outline that the keys apply to: the selected one, or else the first. */
export function undecided(editor: Editor | null): EditorLesion | null {
  if (!editor) return null;
  const { lesions, selected } = editor.state.get();
  const open = lesions.filter(({ doubt }) => doubt !== undefined);
  return open.find(({ label }) => label === selected) ?? open[0] ?? null;
}

/** Asks whether an outline that the model considers more likely not a lesion is one. */
export function Undecided(props: { editor: Editor; lesion: EditorLesion; readOnly: boolean }) {
  const { editor, lesion, readOnly } = props;
  useOwnKeys();
  const { label } = lesion;
  const keep = useRef<HTMLButtonElement>(null);
  const asked = useStore(
    missingStore,
    ({ missing }) => missing?.what === 'possible' && missing.lesion === label,
    false,
  );
  const times = useStore(missingStore, (state) => state.times, 0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks again
  useEffect(() => {
    if (asked) keep.current?.focus();
  }, [asked, times]);
  if (lesion.doubt === undefined) return null;
  return (
    <div className={classes.root} data-asked={asked}>
      <span className={classes.said}>
        <Trans>Possible lesion, {percent(lesion.doubt)} likely</Trans>
      </span>
      {readOnly ? null : (
        <>
          <Tooltip label={withKey(t`This is a lesion`, keyNameOf('take-possible'))}>
            <Button
              ref={keep}
              size="compact-xs"
              variant="default"
              aria-label={t`Keep ${lesion.name}`}
              onClick={() => commands.keepLesion(editor, label)}
            >
              <Trans>Keep</Trans>
            </Button>
          </Tooltip>
          <Tooltip label={withKey(t`This is no lesion`, keyNameOf('reject-possible'))}>
            <Button
              size="compact-xs"
              variant="default"
              aria-label={t`Reject ${lesion.name}`}
              onClick={() => commands.deleteLesion(editor, label)}
            >
              <Trans>Reject</Trans>
            </Button>
          </Tooltip>
        </>
      )}
    </div>
  );
}
