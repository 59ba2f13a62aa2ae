import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CHORDS } from '../app/chords';
import { commandOf, KEYMAP, REPLACES_VIEWER } from './keymap';

const press = (key: string, more: Partial<KeyboardEvent> = {}) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

/** The keys that a source file gives to `useShortcuts`. */
function keysIn(file: string): string[] {
  const source = readFileSync(new URL(file, import.meta.url), 'utf8');
  return [...source.matchAll(/keys: \[([^\]]*(?:'\]'[^\]]*)?)\]/g)].flatMap((found) =>
    [...(found[1] as string).matchAll(/'([^']+)'/g)].map((key) => key[1] as string),
  );
}

describe('the keys of the editor', () => {
  it('are each given once', () => {
    const keys = KEYMAP.flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
    const commands = KEYMAP.map((binding) => binding.command);
    expect(new Set(commands).size).toBe(commands.length);
  });

  it('meet those of the viewer only where they are meant to replace them', () => {
    const viewer = [
      ...keysIn('../pages/image/useViewerShortcuts.ts'),
      ...keysIn('../shell/Shell.tsx'),
    ];
    expect(viewer).toEqual(expect.arrayContaining(['b', 'N', '?', 'Escape']));
    const shared = KEYMAP.flatMap((binding) => binding.keys).filter((key) => viewer.includes(key));
    expect(shared.filter((key) => !REPLACES_VIEWER.includes(key))).toEqual([]);
  });

  it('undo and redo by the browser’s combinations too', () => {
    expect(commandOf(press('z', { ctrlKey: true }))).toBe('undo');
    expect(commandOf(press('z', { metaKey: true }))).toBe('undo');
    expect(commandOf(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('redo');
    expect(commandOf(press('z', { ctrlKey: true, shiftKey: true }))).toBe('redo');
    expect(commandOf(press('Z', { ctrlKey: true }))).toBe('undo');
    expect(commandOf(press('y', { ctrlKey: true }))).toBe('redo');
  });

  it('never approve, return or take back anything, and no decision is a key of a tool', () => {
    const decisions = Object.values(CHORDS).flatMap(({ keys }) => [...keys] as string[]);
    expect(decisions.filter((key) => !key.startsWith('Alt+'))).toEqual([]);
    expect(KEYMAP.flatMap(({ keys }) => keys).filter((key) => key.startsWith('Alt+'))).toEqual([]);
    for (const file of ['../pages/review/ReviewPanel.tsx', '../pages/review/Columns.tsx']) {
      expect(keysIn(file).filter((key) => /^[a-z]$/i.test(key) && key !== 'd')).toEqual([]);
    }
  });

  it('leave the browser its own', () => {
    expect(commandOf(press('p', { ctrlKey: true }))).toBeNull();
    expect(commandOf(press('d', { altKey: true }))).toBeNull();
    expect(commandOf(press('p'))).toBe('tool-brush');
  });
});
