import { describe, expect, it } from 'vitest';
import type { KeeperState } from './core/draftKeeper';
import type { SaveState } from './core/revisionSaver';
import { signOf } from './sign';

const DRAFT: KeeperState = {
  phase: 'clean',
  inBrowser: false,
  atRisk: false,
  savedAt: null,
  reason: null,
  theirs: null,
};
const SAVE: SaveState = { phase: 'idle', submit: false, reason: null, newest: null };

describe('the save indicator', () => {
  it('is unobtrusive while all is well', () => {
    for (const phase of ['clean', 'unsaved', 'saving', 'saved'] as const) {
      expect(signOf({ ...DRAFT, phase }, SAVE, 3)).toMatchObject({ tone: 'quiet', action: null });
    }
  });

  it('shows offline whether the page may be closed', () => {
    const kept = signOf({ ...DRAFT, phase: 'offline', inBrowser: true }, SAVE, 3);
    expect(kept).toMatchObject({ tone: 'warn', text: 'Offline – kept here' });
    const risky = signOf({ ...DRAFT, phase: 'offline', atRisk: true }, SAVE, 3);
    expect(risky).toMatchObject({ tone: 'bad', text: 'Offline – not stored' });
    expect(risky.detail).toMatch(/Keep this page open/);
  });

  it('offers what helps: signing in, choosing, retrying, downloading the mask', () => {
    const signOfPhase = (phase: KeeperState['phase']) => signOf({ ...DRAFT, phase }, SAVE, 3);
    expect(signOfPhase('signed-out').action).toBe('sign-in');
    expect(signOfPhase('conflict').action).toBe('choose');
    expect(signOfPhase('offline').action).toBe('retry');
    expect(signOfPhase('failed')).toMatchObject({ action: 'retry', wayOut: true });
  });

  it('shows a failed save rather than the state of the draft', () => {
    const save: SaveState = { ...SAVE, phase: 'failed', submit: true, reason: 'It is locked.' };
    expect(signOf({ ...DRAFT, phase: 'saved' }, save, 3).text).toBe('Not submitted: It is locked.');
  });
});
