import { describe, expect, it } from 'vitest';
import { commandOf, KEYMAP } from './keymap';

const press = (
  key: string,
  more: { ctrlKey?: true; metaKey?: true; altKey?: true; shiftKey?: true } = {},
) => ({
  key,
  code: '',
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...more,
});

describe('the keys of the editor', () => {
  it('are assigned only once', () => {
    const keys = KEYMAP.flatMap((binding) => binding.keys);
    expect(new Set(keys).size).toBe(keys.length);
    const commands = KEYMAP.map((binding) => binding.command);
    expect(new Set(commands).size).toBe(commands.length);
  });

  it("undo and redo also with the browser's combinations", () => {
    expect(commandOf(press('z', { ctrlKey: true }))).toBe('undo');
    expect(commandOf(press('z', { metaKey: true }))).toBe('undo');
    expect(commandOf(press('Z', { ctrlKey: true, shiftKey: true }))).toBe('redo');
    expect(commandOf(press('z', { ctrlKey: true, shiftKey: true }))).toBe('redo');
    expect(commandOf(press('Z', { ctrlKey: true }))).toBe('undo');
    expect(commandOf(press('y', { ctrlKey: true }))).toBe('redo');
  });

  it("leave the browser's own keys alone", () => {
    expect(commandOf(press('p', { ctrlKey: true }))).toBeNull();
    expect(commandOf(press('d', { altKey: true }))).toBeNull();
    expect(commandOf(press('p'))).toBe('tool-brush');
  });
});
