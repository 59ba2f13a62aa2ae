import { t } from '@lingui/core/macro';
import { sentences } from '../language/sentences';
import type { KeeperState } from './core/draftKeeper';
import type { SaveState } from './core/revisionSaver';

/** The page's indicator of where the drawing is stored. */
export interface Sign {
  /** For tests and style: the drawing's state. */
  phase: string;
  text: string;
  detail: string | null;
  tone: 'quiet' | 'warn' | 'bad';
  action: 'sign-in' | 'choose' | 'retry' | null;
  /** The server refused: the drawing can be downloaded as a file. */
  wayOut: boolean;
}

const QUIET = { detail: null, tone: 'quiet', action: null, wayOut: false } as const;

/**
 * The state in a few words, the worst first: what would be lost, what is pending, what is safe.
 * @param revision the display number of the saved revision that the drawing is based on
 */
export function signOf(draft: KeeperState, save: SaveState, revision: number | null): Sign {
  const where = draft.atRisk
    ? t`Keep this page open: the browser could not store the drawing.`
    : t`The drawing is kept in this browser until then.`;
  const tone = draft.atRisk ? 'bad' : 'warn';
  if (save.phase === 'signed-out' || draft.phase === 'signed-out') {
    return {
      ...QUIET,
      phase: 'signed-out',
      text: t`Signed out – sign in`,
      detail: t`Your session has ended. ${where}`,
      tone,
      action: 'sign-in',
    };
  }
  if (save.phase === 'failed') {
    const reason = save.reason ?? '';
    const text = save.submit ? t`Not submitted: ${reason}` : t`Not saved: ${reason}`;
    return { ...QUIET, phase: 'failed', text, detail: text, tone: 'bad', action: 'retry' };
  }
  if (save.phase === 'offline') {
    return {
      ...QUIET,
      phase: 'offline',
      text: t`Offline – waiting to save`,
      detail: t`${save.reason ?? ''} It is retried automatically. ${where}`,
      tone,
      action: 'retry',
    };
  }
  if (save.phase === 'saving') {
    return { ...QUIET, phase: 'saving', text: save.submit ? t`Submitting…` : t`Saving…` };
  }
  switch (draft.phase) {
    case 'clean':
      return {
        ...QUIET,
        phase: 'clean',
        text: revision === null ? t`No changes` : t`Revision ${revision}`,
        detail: t`No changes since the last save.`,
      };
    case 'saved':
      return {
        ...QUIET,
        phase: 'saved',
        text: t`Draft saved`,
        detail: t`The server has every stroke. Save to make a revision.`,
      };
    case 'offline':
      return {
        ...QUIET,
        phase: 'offline',
        text: draft.atRisk ? t`Offline – not stored` : t`Offline – kept here`,
        detail: t`${draft.reason ?? ''} It is retried automatically. ${where}`,
        tone,
        action: 'retry',
      };
    case 'conflict':
      return {
        ...QUIET,
        phase: 'conflict',
        text: t`Also changed elsewhere`,
        detail: t`Choose which drawing to keep. ${where}`,
        tone: 'warn',
        action: 'choose',
      };
    case 'failed':
      return {
        phase: 'failed',
        text: t`Draft refused`,
        detail: sentences(draft.reason ?? '', where),
        tone: 'bad',
        action: 'retry',
        wayOut: true,
      };
    default:
      return { ...QUIET, phase: draft.phase, text: t`Saving draft…` };
  }
}
