import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconDots } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { memo, useCallback, useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { imageOf } from '../api/frameKey';
import { messageOf } from '../api/problem';
import type { ImageDetail } from '../api/types';
import { COMMANDS } from '../app/commands';
import { imageKey } from '../app/live';
import { shortcutGroups } from '../app/shortcuts';
import { LateMenu } from '../components/LateMenu';
import { Tooltip } from '../components/Tooltip';
import { useEditing } from '../editing/EditorContext';
import { hintsOn } from '../editing/hints';
import { leadToMissing, missingText } from '../editing/jump';
import { askFor, stopAsking } from '../editing/missing';
import { revisionNumber } from '../editing/revisionNumber';
import { useEditorState } from '../editing/useEditorState';
import { type EditorState, missingIn } from '../editor';
import { useCorrection } from './CorrectionContext';
import { obstacle } from './core/revisionSaver';
import type { CorrectionSession } from './core/session';
import { useCorrectedImage } from './correctedImage';
import { downloadMask } from './maskPng';
import classes from './SaveState.module.css';
import { type Sign, signOf } from './sign';
import { useStaleSave } from './useStaleSave';

interface Props {
  /** The image was submitted: the page may continue to the next. */
  onSubmitted?: () => void;
}

/** Where the drawing is stored, and the buttons that create a revision from it. */
export const SaveState = memo(function SaveState(props: Props) {
  const { session } = useCorrection();
  const { imageId } = useEditing();
  const image = useCorrectedImage(imageId);
  if (!session || !image || session.image !== imageId) return null;
  return <Saving {...props} session={session} image={image} />;
});

function Saving(props: Props & { session: CorrectionSession; image: ImageDetail }) {
  const { session, image, onSubmitted } = props;
  const { keeper, saver } = session;
  const client = useQueryClient();
  const { resolveTabs } = useCorrection();
  const { editor, base, answer, answerReason } = useEditing();
  const draft = useSyncExternalStore(keeper.state.subscribe, keeper.state.get);
  const save = useSyncExternalStore(saver.state.subscribe, saver.state.get);
  const drawn = useEditorState(
    editor,
    (state) => state.lesions.some(({ area }) => area > 0),
    false,
  );
  const number = base.revision && revisionNumber(image.masks, base.revision);
  const sign = signOf(draft, save, number);
  const handedIn = image.reading?.state === 'submitted';
  const mayDraw = image.may.edit;
  const blocked = obstacleOf(answer, answerReason, drawn);
  // Hints already shown for a drawing: a second press submits anyway.
  const shownHints = useRef(new Set<string>());
  const busy = save.phase === 'saving' || save.phase === 'offline' || save.phase === 'signed-out';
  const mine = image.masks.find(({ revision }) => revision === base.revision);
  const own = mine?.source === 'human' && mine.author?.id === session.user ? mine : null;
  const clean = draft.phase === 'clean';

  useStaleSave(session);
  useSubmitted(session, onSubmitted);

  const lacks = useEditorState(editor, lacksOf, '');

  const store = useCallback(
    (submit: boolean) => {
      if (blocked) {
        const what = answer === 'cannot-judge' ? 'reason' : 'answer';
        editor?.notice(blocked);
        askFor({ what, text: blocked });
        return;
      }
      if (submit && editor && leadToMissing(editor)) return;
      if (submit && editor && answer === 'lesions') {
        const drawing = `${session.image} ${editor.state.get().revision}`;
        const hint = hintsOn(editor).find(({ what }) => !shownHints.current.has(drawing + what));
        if (hint) {
          shownHints.current.add(drawing + hint.what);
          editor.selectLesion(hint.lesion ?? null);
          editor.notice(hint.text);
          askFor(hint);
          return;
        }
      }
      stopAsking();
      if (keeper.state.get().phase === 'conflict') {
        resolveTabs();
      } else if (submit && own && clean) {
        void saver.submitRevision(own);
      } else {
        void saver.save({ submit });
      }
    },
    [session, keeper, saver, resolveTabs, own, clean, blocked, answer, editor],
  );
  useSaveKeys(store, {
    save: mayDraw && !busy && !clean,
    submit: image.may.submit && !busy && !(handedIn && clean),
  });

  const withdraw = async () => {
    try {
      await session.server.withdraw();
      await client.invalidateQueries({ queryKey: imageKey(imageOf(session.image)) });
    } catch (error) {
      notifications.show({ color: 'red', message: messageOf(error) });
    }
  };

  return (
    <div className={classes.root} data-testid="save-state" data-phase={sign.phase}>
      <StateSign sign={sign} onAct={() => act(sign, session, resolveTabs)} />
      {sign.wayOut ? <WaysOut session={session} /> : null}
      {mayDraw ? (
        <Tooltip label={blocked ?? t`Save as a revision (Ctrl S)`}>
          <Button
            variant="default"
            size="compact-sm"
            className={classes.button}
            loading={save.phase === 'saving' && !save.submit}
            disabled={busy || clean}
            onClick={() => store(false)}
          >
            <Trans>Save</Trans>
          </Button>
        </Tooltip>
      ) : null}
      {handedIn && clean ? (
        <Tooltip label={t`Submitted. Withdraw it to continue drawing`}>
          <Button
            variant="light"
            size="compact-sm"
            className={classes.button}
            onClick={() => void withdraw()}
          >
            <Trans>Withdraw</Trans>
          </Button>
        </Tooltip>
      ) : mayDraw ? (
        <Tooltip label={blocked ?? (lacks || t`Save and submit for review (Ctrl Enter)`)}>
          <Button
            // A pending decision is the page's main action until somebody draws.
            variant={
              image.may.review && image.state === 'submitted' && clean ? 'default' : 'filled'
            }
            size="compact-sm"
            className={classes.button}
            loading={save.phase === 'saving' && save.submit}
            disabled={busy || !image.may.submit}
            onClick={() => store(true)}
          >
            <Trans>Submit</Trans>
          </Button>
        </Tooltip>
      ) : null}
    </div>
  );
}

const lacksOf = (state: EditorState) => missingText(missingIn(state));

function obstacleOf(answer: string, reason: string, drawn: boolean): string | null {
  return obstacle({
    answer: answer as 'lesions',
    answerReason: reason.trim() || null,
    // Only whether something is drawn matters; encoding the map at each stroke would be expensive.
    labels: { width: 1, height: 1, runs: drawn ? [1, 1] : [0, 1], names: {} },
    seconds: 0,
    parentRevision: null,
  });
}

function act(sign: Sign, session: CorrectionSession, resolveTabs: () => void): void {
  if (sign.action === 'sign-in') session.askToSignIn();
  else if (sign.action === 'choose') resolveTabs();
  else if (sign.action === 'retry') {
    session.keeper.retry();
    session.hurry();
    session.saver.dismiss();
  }
}

function StateSign({ sign, onAct }: { sign: Sign; onAct: () => void }) {
  // Every stroke is saved; only problems are announced to screen readers.
  const [said, setSaid] = useState('');
  useEffect(() => setSaid(sign.tone === 'quiet' ? '' : sign.text), [sign.tone, sign.text]);
  return (
    <>
      <Tooltip label={sign.detail} disabled={!sign.detail} multiline maw={320}>
        {sign.action ? (
          <button type="button" className={classes.sign} data-tone={sign.tone} onClick={onAct}>
            {sign.text}
          </button>
        ) : (
          <span className={classes.sign} data-tone={sign.tone}>
            {sign.text}
          </span>
        )}
      </Tooltip>
      <span className={classes.said} role="status">
        {said}
      </span>
    </>
  );
}

/** A refused drawing must not be a dead end: the person can retry, or download it as a file. */
function WaysOut({ session }: { session: CorrectionSession }) {
  return (
    <LateMenu
      position="bottom-end"
      width={230}
      target={
        <ActionIcon variant="subtle" color="gray" size={36} aria-label={t`What to do`}>
          <IconDots size={18} stroke={1.6} />
        </ActionIcon>
      }
    >
      {(Menu) => (
        <>
          <Menu.Item onClick={() => session.keeper.retry()}>
            <Trans>Try again</Trans>
          </Menu.Item>
          <Menu.Item onClick={() => void downloadMask(session.keeper.read().labels)}>
            <Trans>Download the mask as PNG</Trans>
          </Menu.Item>
        </>
      )}
    </LateMenu>
  );
}

function useSubmitted(session: CorrectionSession, onSubmitted: (() => void) | undefined): void {
  const latest = useRef(onSubmitted);
  useEffect(() => {
    latest.current = onSubmitted;
  });
  useEffect(
    () =>
      session.onSaved(({ submitted }) => {
        if (submitted) latest.current?.();
      }),
    [session],
  );
}

function useSaveKeys(
  store: (submit: boolean) => void,
  allowed: { save: boolean; submit: boolean },
): void {
  const latest = useRef({ store, allowed });
  useEffect(() => {
    latest.current = { store, allowed };
  });
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      const submit = event.key === 'Enter';
      if (event.defaultPrevented) return;
      if (!(event.ctrlKey || event.metaKey) || !(submit || event.key.toLowerCase() === 's')) return;
      if (document.querySelector('[role=dialog][aria-modal=true]')) return;
      // The browser's own "save page" is useless here, even if there is nothing to save.
      event.preventDefault();
      const { store: run, allowed: may } = latest.current;
      if (submit ? may.submit : may.save) run(submit);
    };
    window.addEventListener('keydown', listen);
    return () => window.removeEventListener('keydown', listen);
  }, []);

  useEffect(() => {
    const { groups } = shortcutGroups.get();
    shortcutGroups.set({ groups: [...groups, SAVING] });
    return () => {
      const others = shortcutGroups.get().groups.filter((group) => group !== SAVING);
      shortcutGroups.set({ groups: others });
    };
  }, []);
}

/** As shown in the shortcut map. They also work in fields, so `useSaveKeys` listens itself. */
const SAVING = {
  title: COMMANDS.save.group,
  shortcuts: [
    { keys: COMMANDS.save.keys, label: COMMANDS.save.label, run: () => {} },
    { keys: COMMANDS.submit.keys, label: COMMANDS.submit.label, run: () => {} },
  ],
};
