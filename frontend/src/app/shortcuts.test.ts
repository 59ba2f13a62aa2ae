// @vitest-environment jsdom
import { act, renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { setOwnKeys } from './ownKeys';
import { on, shortcutGroups, useShortcuts } from './shortcuts';

let pressed: string[] = [];

afterEach(() => {
  pressed = [];
  document.body.replaceChildren();
});

const mount = () =>
  renderHook(() =>
    useShortcuts('List', [
      { keys: ['j', 'ArrowDown'], label: 'Next', run: () => pressed.push('next') },
      { keys: ['Enter'], label: 'Open', run: () => pressed.push('open') },
    ]),
  );

function press(key: string, target: Element = document.body, more: KeyboardEventInit = {}) {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true, ...more });
  target.dispatchEvent(event);
}

function put(html: string): Element {
  document.body.innerHTML = html;
  return document.body.firstElementChild as Element;
}

describe('shortcuts', () => {
  it('work with any of their keys while mounted, and are listed', () => {
    const { unmount } = mount();
    press('j');
    press('ArrowDown');
    expect(pressed).toEqual(['next', 'next']);
    expect(shortcutGroups.get().groups.map((group) => group.title)).toEqual(['List']);
    unmount();
    press('j');
    expect(pressed).toHaveLength(2);
    expect(shortcutGroups.get().groups).toEqual([]);
  });

  it.each(['<input>', '<textarea></textarea>', '<div role="slider" tabindex="0"></div>'])(
    'do not interfere with typing in %s',
    (html) => {
      const { unmount } = mount();
      press('j', put(html));
      expect(pressed).toEqual([]);
      unmount();
    },
  );

  it('of a message above a dialog also work there, but not while somebody types', () => {
    const undo = { keys: ['j'], label: 'Undo', run: () => pressed.push('undo'), inDialogs: true };
    const { unmount } = renderHook(() => useShortcuts('Everywhere', [undo]));
    const dialog = put('<div role="dialog" aria-modal="true"><button></button><input></div>');
    press('j', dialog.children[0]);
    press('j', dialog.children[1]);
    expect(pressed).toEqual(['undo']);
    unmount();
  });

  it("ignore the browser's own combinations and keys in open dialogs", () => {
    const { unmount } = mount();
    press('j', document.body, { ctrlKey: true });
    put('<div role="dialog" aria-modal="true"></div>');
    press('j');
    expect(pressed).toEqual([]);
    unmount();
  });

  it('ignore the key that closed a dialog', () => {
    const { unmount } = mount();
    put('<div role="dialog" aria-modal="true"></div>');
    const close = () => document.body.replaceChildren();
    window.addEventListener('keydown', close, { capture: true, once: true });
    press('j');
    expect(pressed).toEqual([]);
    press('j');
    expect(pressed).toEqual(['next']);
    unmount();
  });

  it('distinguish a chord from its letter alone, also with the characters of a Mac', () => {
    const approve = () => pressed.push('approve');
    const { unmount } = renderHook(() => useShortcuts('Review', [on('approve', approve)]));
    press('a');
    expect(pressed).toEqual([]);
    press('a', document.body, { altKey: true, code: 'KeyQ' });
    press('å', document.body, { altKey: true, code: 'KeyA' });
    expect(pressed).toEqual(['approve', 'approve']);
    unmount();
  });

  it('use the keys that the person chose, at once', () => {
    const { unmount } = renderHook(() =>
      useShortcuts('Review', [on('next-image', () => pressed.push('next'))]),
    );
    act(() => setOwnKeys({ 'next-image': 'ü', 'next-queue': 'k' }));
    press('j');
    press('ü');
    expect(pressed).toEqual(['next']);
    act(() => setOwnKeys({ 'next-image': null }));
    press('ü');
    press('j');
    expect(pressed).toEqual(['next']);
    act(() => setOwnKeys({}));
    press('j');
    expect(pressed).toEqual(['next', 'next']);
    unmount();
  });

  it('let Enter press the focused button', () => {
    const { unmount } = mount();
    press('Enter', put('<button>Delete</button>'));
    expect(pressed).toEqual([]);
    unmount();
  });
});
