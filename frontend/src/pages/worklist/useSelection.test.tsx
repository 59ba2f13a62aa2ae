// @vitest-environment jsdom
import { act, renderHook } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import type { WorkItem } from '../../api/workflowTypes';
import { useSelection } from './useSelection';

const list = (ids: string) => [...ids].map((id) => ({ id }) as WorkItem);

function pick(ids: string) {
  const { result, rerender } = renderHook(({ items }) => useSelection(items), {
    initialProps: { items: list(ids) },
  });
  return {
    ids: () => [...result.current.ids].sort().join(''),
    toggle: (index: number, range = false) => act(() => result.current.toggle(index, range)),
    all: () => act(() => result.current.all()),
    allBut: () => result.current.allBut && [...result.current.allBut].sort().join(''),
    clear: () => act(() => result.current.clear()),
    show: (next: string) => rerender({ items: list(next) }),
  };
}

describe('selecting images in the worklist', () => {
  it('turns one on and off', () => {
    const picked = pick('abcde');
    picked.toggle(1);
    picked.toggle(3);
    expect(picked.ids()).toBe('bd');
    picked.toggle(1);
    expect(picked.ids()).toBe('d');
  });

  it('adds a range from the last one, in either direction', () => {
    const picked = pick('abcdefg');
    picked.toggle(2);
    picked.toggle(4, true);
    expect(picked.ids()).toBe('cde');
    picked.toggle(0, true);
    expect(picked.ids()).toBe('abcde');
  });

  it('keeps the selection when the order changes, and drops images that have left the list', () => {
    const picked = pick('abcde');
    picked.toggle(1);
    picked.toggle(3);
    picked.show('ecda');
    expect(picked.ids()).toBe('d');
  });

  it('starts the range at the current position of the first one', () => {
    const picked = pick('abcde');
    picked.toggle(4);
    picked.show('eabcd');
    picked.toggle(2, true);
    expect(picked.ids()).toBe('abe');
  });

  it('selects all of the list, including later pages, except those deselected again', () => {
    const picked = pick('abc');
    picked.all();
    expect(picked.ids()).toBe('abc');
    picked.toggle(1);
    picked.show('abcde');
    expect(picked.ids()).toBe('acde');
    expect(picked.allBut()).toBe('b');
    picked.toggle(1);
    expect(picked.allBut()).toBe('');
    picked.clear();
    expect(picked.allBut()).toBe(null);
  });

  it('is cleared together with its starting point', () => {
    const picked = pick('abcde');
    picked.toggle(0);
    picked.clear();
    picked.toggle(3, true);
    expect(picked.ids()).toBe('d');
  });
});
