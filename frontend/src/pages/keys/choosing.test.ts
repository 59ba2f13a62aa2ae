import { describe, expect, it } from 'vitest';
import { canBeChosen, keyName, keysNow, type OwnKeys } from '../../app/ownKeys';
import { commandOf, REPLACES_VIEWER } from '../../editor';
import { ALL, choiceOf, type Entry, holderOf, withoutOwn } from './choosing';

const entry = (id: string): Entry => ALL.find((one) => one.id === id) as Entry;

const press = (key: string, more: Partial<Parameters<typeof choiceOf>[0]> = {}) => ({
  key,
  code: '',
  altKey: false,
  ctrlKey: false,
  metaKey: false,
  shiftKey: key !== key.toLowerCase(),
  isComposing: false,
  ...more,
});

const choose = (key: string, id: string, own: OwnKeys = {}, more = {}) =>
  choiceOf(press(key, more), entry(id), own);

describe('the keys of the pages', () => {
  it('have one meaning in each place, except where the editor replaces a key of the viewer', () => {
    const twice = ALL.flatMap((one) =>
      keysNow(one, {})
        .filter((key) => canBeChosen(key) && holderOf(key, one, {}) !== null)
        .map((key) => [one.id, key] as const),
    );
    expect(twice.filter(([, key]) => !REPLACES_VIEWER.includes(key))).toEqual([]);
  });

  it('need a chord if the command affects other people', () => {
    const decisions = ALL.filter(({ decides }) => decides);
    expect(decisions.map(({ id }) => id)).toEqual(
      expect.arrayContaining(['approve', 'return', 'undo-last', 'accept-all']),
    );
    for (const one of decisions) {
      expect(one.keys.filter((key) => !key.startsWith('Alt+'))).toEqual([]);
      expect(choiceOf(press('ü'), one, {})).toHaveProperty('refused');
    }
  });

  it('can be chosen if they are free, also with ⇧ or Alt', () => {
    expect(choose('ü', 'tool-brush')).toEqual({ key: 'ü' });
    expect(choose('Ü', 'tool-brush')).toEqual({ key: 'Ü' });
    expect(choose('w', 'tool-brush', {}, { altKey: true })).toEqual({ key: 'Alt+w' });
    expect(choose('p', 'tool-brush')).toEqual({ key: 'p' });
    expect(choose('a', 'density')).toHaveProperty('refused');
    expect(choose('g', 'density')).toEqual({ key: 'g' });
  });

  it.each([
    ['e', 'tool-brush', {}],
    ['j', 'tool-brush', {}],
    [' ', 'tool-brush', {}],
    ['F5', 'tool-brush', {}],
    ['k', 'tool-brush', { ctrlKey: true }],
    ['1', 'tool-brush', { altKey: true, code: 'Digit1' }],
    ['!', 'tool-brush', { shiftKey: true, code: 'Digit1' }],
  ] as const)('are refused with a reason: %s', (key, id, more) => {
    expect(choose(key, id, {}, more)).toHaveProperty('refused');
  });

  it('name the command that has a key, and are free once it has another one', () => {
    expect(choose('e', 'tool-brush')).toEqual({ refused: expect.stringContaining('Eraser') });
    const own = { 'tool-eraser': 'ö' };
    expect(choose('e', 'tool-brush', own)).toEqual({ key: 'e' });
    expect(choose('ö', 'tool-brush', own)).toHaveProperty('refused');
  });

  it('are reset if no other command has the former key by now', () => {
    const own = { 'tool-eraser': 'ö', 'tool-brush': 'e' };
    expect(withoutOwn(entry('tool-eraser'), own)).toHaveProperty('refused');
    expect(withoutOwn(entry('tool-brush'), own)).toEqual({ own: { 'tool-eraser': 'ö' } });
  });

  it('reach the editor as the person chose them; unchosen keys stay the same', () => {
    const own: OwnKeys = { undo: 'ü', 'tool-eraser': 'x' };
    const editorKeys = ({ command, ...rest }: { command: string; keys: readonly string[] }) =>
      keysNow({ id: command, ...rest }, own);
    const run = (key: string, more = {}) => commandOf(press(key, more), editorKeys);
    expect([run('ü'), run('z'), run('z', { ctrlKey: true })]).toEqual(['undo', null, 'undo']);
    // "Remove a stray area" has x by default; a person's choice takes precedence.
    expect(run('x')).toBe('tool-eraser');
  });

  it('are displayed as they appear on keyboards', () => {
    expect(['A', 'Alt+z', 'Mod+Z', 'ArrowLeft', '-', '+'].map(keyName)).toEqual([
      '⇧a',
      'Alt+z',
      'Ctrl+⇧z',
      '←',
      '−',
      '+',
    ]);
  });
});
