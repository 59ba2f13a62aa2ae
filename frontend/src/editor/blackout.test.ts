import { describe, expect, it } from 'vitest';
import { type Area, Blackout } from './blackout';

const box = (left: number): Area => ({ kind: 'rectangle', left, top: 0, width: 5, height: 5 });

describe('black boxes that are not applied', () => {
  it('are undone and redone one by one', () => {
    const blackout = new Blackout();
    blackout.add(box(0));
    blackout.add(box(10));
    expect(blackout.undo()).toBe(true);
    expect(blackout.state.get()).toEqual({ areas: [box(0)], canUndo: true, canRedo: true });
    expect(blackout.undo()).toBe(true);
    expect(blackout.undo()).toBe(false);
    expect(blackout.redo()).toBe(true);
    expect(blackout.redo()).toBe(true);
    expect(blackout.redo()).toBe(false);
    expect(blackout.state.get().areas).toEqual([box(0), box(10)]);
  });

  it('discard undone ones once another one is drawn', () => {
    const blackout = new Blackout();
    blackout.add(box(0));
    blackout.undo();
    blackout.add(box(20));
    expect(blackout.state.get()).toEqual({ areas: [box(20)], canUndo: true, canRedo: false });
  });

  it('leave nothing to undo once they are applied', () => {
    const blackout = new Blackout();
    blackout.add(box(0));
    blackout.clear();
    expect(blackout.state.get()).toEqual({ areas: [], canUndo: false, canRedo: false });
    expect(blackout.undo()).toBe(false);
  });

  it('can be removed one by one, which is a step too', () => {
    const blackout = new Blackout();
    const [first, second] = [box(0), box(10)];
    blackout.add(first);
    blackout.add(second);
    blackout.remove(first);
    expect(blackout.state.get().areas).toEqual([second]);
    blackout.undo();
    expect(blackout.state.get().areas).toEqual([first, second]);
  });
});
