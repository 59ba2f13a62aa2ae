// @vitest-environment jsdom
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { act, renderHook } from '@testing-library/react';
import type { ReactNode } from 'react';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ImageDetail, Mask } from '../../../api/types';
import { drawingQuery } from '../../../editing/drawings';
import { frameQuery, imageQuery } from '../../../editing/imageQueries';
import { commands, LabelMap } from '../../../editor';
import { useEditor } from './useEditor';

const ID = 'image';
const SIDE = 12;
const FRAME_URL = '/images/image/frame?v=0';

let client: QueryClient;

beforeEach(() => {
  // The page's data are already in the cache, and never stale.
  client = new QueryClient({ defaultOptions: { queries: { staleTime: Infinity, retry: false } } });
  const frame = { width: SIDE, height: SIDE, data: new Uint8ClampedArray(SIDE * SIDE * 4) };
  client.setQueryData(frameQuery(ID, FRAME_URL).queryKey, frame as ImageData);
});

const person = { id: 'p', name: 'Ada' };

function mask(revision: number, more: Partial<Mask> = {}): Mask {
  const model = { name: 'lite0', version: '1.0.0' };
  return {
    id: String(revision),
    revision,
    source: revision === 1 ? 'model' : 'human',
    author: revision === 1 ? null : person,
    model: revision === 1 ? model : null,
    answer: revision === 1 ? null : 'lesions',
    answer_reason: null,
    names: {},
    reading_id: null,
    result: null,
    ...more,
  } as Mask;
}

/** A drawing with as many lit rows as the number of the revision. */
function drawingOf(revision: number): LabelMap {
  const map = new LabelMap(SIDE, SIDE);
  map.data.fill(1, 0, revision * SIDE);
  return map;
}

function store(...masks: Mask[]): void {
  for (const one of masks) {
    const drawing = { map: drawingOf(one.revision), names: { 1: `From ${one.revision}` } };
    client.setQueryData(drawingQuery(ID, one).queryKey, drawing);
  }
  const reads = { reading: null, readings: [], may: { edit: true } };
  const image = {
    id: ID,
    masks,
    frame: { spacing_mm: null, regions: [], url: FRAME_URL },
    ...reads,
  };
  client.setQueryData(imageQuery(ID).queryKey, image as unknown as ImageDetail);
}

function opened() {
  const wrapper = ({ children }: { children: ReactNode }) => (
    <QueryClientProvider client={client}>{children}</QueryClientProvider>
  );
  return renderHook(() => useEditor(ID), { wrapper }).result;
}

/** Query results reach the hook a moment later. */
const arrived = (change: () => void) =>
  act(async () => {
    change();
    await new Promise((resolve) => setTimeout(resolve, 0));
  });

describe('the editor of an image', () => {
  it("starts with the newest revision, and compares with the model's newest", async () => {
    store(mask(3, { answer: 'lesions' }), mask(1));
    const page = opened();
    await arrived(() => {});
    expect(page.current.editor?.map.equals(drawingOf(3))).toBe(true);
    expect(page.current.base).toEqual({ revision: 3, source: 'human', author: person });
    expect(page.current.editor?.reference?.equals(drawingOf(1))).toBe(true);
    expect(page.current.editor?.state.get().lesions[0]?.name).toBe('From 3');
  });

  it('starts empty if nothing was ever outlined', () => {
    store();
    const page = opened();
    expect(page.current.editor?.state.get().lesions).toEqual([]);
    expect(page.current.base.revision).toBeNull();
  });

  it('switches to a newer revision if nothing is unsaved', async () => {
    store(mask(1));
    const page = opened();
    await arrived(() => store(mask(2), mask(1)));
    expect(page.current.base.revision).toBe(2);
    expect(page.current.editor?.map.equals(drawingOf(2))).toBe(true);
  });

  it('never discards an unsaved drawing', async () => {
    store(mask(1));
    const page = opened();
    const { editor } = page.current;
    act(() => void (editor && commands.grow(editor, 1)));
    const drawn = editor?.map.clone() as LabelMap;
    await arrived(() => store(mask(2), mask(1)));
    expect(page.current.editor).toBe(editor);
    expect(editor?.map.equals(drawn)).toBe(true);
    expect(page.current.base.revision).toBe(1);
  });

  it('stays the same after saving, on the new base', async () => {
    store(mask(1));
    const page = opened();
    const { editor } = page.current;
    act(() => void (editor && commands.grow(editor, 1)));
    act(() => page.current.saved({ revision: 2, source: 'human', author: person }));
    await arrived(() => store(mask(2), mask(1)));
    expect(page.current.editor).toBe(editor);
    expect(editor?.state.get()).toMatchObject({ dirty: false, canUndo: true });
  });

  it('replaces the drawing by another one as one undoable step', () => {
    store(mask(2), mask(1));
    const page = opened();
    act(() => page.current.load('Continue draft', { map: drawingOf(5), names: { 1: 'Cyst' } }, 1));
    const { editor, base } = page.current;
    expect(base.revision).toBe(1);
    expect(editor?.map.equals(drawingOf(5))).toBe(true);
    expect(editor?.state.get()).toMatchObject({
      dirty: true,
      undoName: 'Continue draft',
      lesions: [{ name: 'Cyst' }],
    });
    act(() => editor?.undo());
    expect(editor?.map.equals(drawingOf(2))).toBe(true);
  });

  it('shows a stored revision without touching the drawing', async () => {
    store(mask(2), mask(1));
    const page = opened();
    const { editor } = page.current;
    await arrived(() => page.current.look(1));
    expect(page.current.readOnly).toBe(true);
    expect(page.current.lookedAt?.map.equals(drawingOf(1))).toBe(true);
    expect(page.current.editor).toBe(editor);
    act(() => page.current.look(null));
    expect(page.current.readOnly).toBe(false);
  });

  it('leaves no outline in an image that cannot be judged; undo restores the outlines', () => {
    store(mask(1));
    const page = opened();
    act(() => page.current.setAnswer('cannot-judge'));
    expect(page.current.answer).toBe('cannot-judge');
    expect(page.current.editor?.map.equals(new LabelMap(SIDE, SIDE))).toBe(true);
    act(() => page.current.editor?.undo());
    expect(page.current.answer).toBe('lesions');
    expect(page.current.editor?.map.equals(drawingOf(1))).toBe(true);
  });
});
