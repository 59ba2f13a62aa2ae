import { expect, it } from 'vitest';
import { linkViews } from './linkedViews';
import { INITIAL_STATE, type ViewerState } from './state';
import { Store } from './store';

const showing = (width: number) =>
  new Store<ViewerState>({ ...INITIAL_STATE, image: { width, height: 100 } });

it('two pictures side by side move and change together, relative to their own sizes', () => {
  const [first, second] = [showing(400), showing(800)];
  const end = linkViews(first, second);
  first.set({ view: { scale: 4, x: -30, y: 12 }, fitted: false });
  expect(second.get()).toMatchObject({ view: { scale: 2, x: -30, y: 12 }, fitted: false });
  second.set({ view: { scale: 3, x: 5, y: 6 } });
  expect(first.get().view).toEqual({ scale: 6, x: 5, y: 6 });
  second.set({ display: { ...second.get().display, brightness: 20 } });
  expect(first.get().display.brightness).toBe(20);
  end();
  first.set({ view: { scale: 1, x: 0, y: 0 } });
  expect(second.get().view.scale).toBe(3);
});

it('a fitted picture keeps the other one fitted to its own canvas', () => {
  const [first, second] = [showing(400), showing(800)];
  second.set({ view: { scale: 0.5, x: 1, y: 2 } });
  linkViews(first, second);
  first.set({ view: { scale: 2, x: 9, y: 9 } });
  expect(second.get().view).toEqual({ scale: 0.5, x: 1, y: 2 });
});
