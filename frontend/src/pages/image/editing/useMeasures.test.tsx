// @vitest-environment jsdom
import { renderHook, waitFor } from '@testing-library/react';
import { describe, expect, it } from 'vitest';
import { commands, Editor, LabelMap } from '../../../editor';
import { useMeasures } from './useMeasures';

const SIDE = 40;

function opened(): Editor {
  const map = new LabelMap(SIDE, SIDE);
  for (let y = 10; y < 20; y += 1) map.data.fill(1, y * SIDE + 10, y * SIDE + 20);
  const frame = { width: SIDE, height: SIDE, data: new Uint8ClampedArray(SIDE * SIDE * 4) };
  return new Editor({ map, frame, spacing: { row: 0.5, column: 0.5 } });
}

const square = (left: number) => ({
  box: { left, top: 10, width: 10, height: 10 },
  inside: new Uint8Array(100).fill(1),
});

describe('the figures of lesions', () => {
  it('follow a stroke before it is a step, over all of its way', async () => {
    const editor = opened();
    const { result } = renderHook(() => useMeasures(editor));
    expect(result.current.get(1)).toMatchObject({ areaPx: 100, areaMm2: 25 });
    editor.begin('Brush');
    editor.lay(square(20), 1);
    await waitFor(() => expect(result.current.get(1)?.areaPx).toBe(200));
    editor.lay(square(30), 1);
    await waitFor(() => expect(result.current.get(1)?.areaPx).toBe(300));
    editor.cancel();
    await waitFor(() => expect(result.current.get(1)?.areaPx).toBe(100));
  });

  it('keep what did not change, and drop what was deleted', async () => {
    const editor = opened();
    const { result } = renderHook(() => useMeasures(editor));
    const before = result.current.get(1);
    commands.newLesion(editor);
    editor.begin('Brush');
    editor.lay(square(25), 2);
    editor.commit();
    await waitFor(() => expect(result.current.get(2)?.areaPx).toBe(100));
    expect(result.current.get(1)).toBe(before);
    commands.deleteLesion(editor, 2);
    await waitFor(() => expect(result.current.has(2)).toBe(false));
  });
});
