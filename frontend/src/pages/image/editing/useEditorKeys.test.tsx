// @vitest-environment jsdom
import { renderHook } from '@testing-library/react';
import { afterEach, describe, expect, it } from 'vitest';
import { shortcutGroups } from '../../../app/shortcuts';
import { isForEditor, useEditorKeys } from './useEditorKeys';

afterEach(() => document.body.replaceChildren());

function asked(key: string, html = ''): boolean {
  document.body.innerHTML = html;
  let answer = false;
  const listen = (event: KeyboardEvent) => {
    answer = isForEditor(event);
  };
  window.addEventListener('keydown', listen, { once: true });
  const target = document.body.firstElementChild ?? document.body;
  target.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
  return answer;
}

describe('keys of the editor', () => {
  it('work on the page, and on a button that has just been pressed', () => {
    expect(asked('p')).toBe(true);
    expect(asked('ArrowLeft', '<button>Brush</button>')).toBe(true);
    expect(asked('p', '<input type="checkbox">')).toBe(true);
  });

  it.each([
    ['p', '<input>'],
    ['p', '<textarea></textarea>'],
    ['p', '<div role="menu" tabindex="0"></div>'],
    ['ArrowLeft', '<div role="slider" tabindex="0"></div>'],
    ['ArrowLeft', '<button role="tab">Findings</button>'],
    ['ArrowDown', '<input type="radio">'],
    [' ', '<button>Save</button>'],
    ['Enter', '<a href="/">Back</a>'],
    [' ', '<input type="checkbox">'],
  ])('leave %s to %s', (key, html) => {
    expect(asked(key, html)).toBe(false);
  });

  it('are off while a dialog is open', () => {
    expect(asked('p', '<p></p><div role="dialog" aria-modal="true"></div>')).toBe(false);
  });

  it('are listed in the shortcut map while the page is open', () => {
    const view = { current: null };
    const options = { editor: null, refusal: null, redacts: false, onActivity: () => {} };
    const { unmount } = renderHook(() => useEditorKeys(view, options));
    const titles = () => shortcutGroups.get().groups.map(({ title }) => title);
    expect(titles()).toContain('Tools');
    unmount();
    expect(titles()).not.toContain('Tools');
  });
});
