import { describe, expect, it, vi } from 'vitest';
import { commands, Editor, LabelMap } from '../../../editor';
import { LesionMeasures } from './lesionMeasures';

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

function following(editor: Editor) {
  const measures = new LesionMeasures(editor);
  const stop = measures.follow();
  return { of: (label: number) => measures.state.get().of.get(label), measures, stop };
}

describe('the figures of lesions', () => {
  it('follow a stroke before it becomes a step, over its whole length', async () => {
    const editor = opened();
    const { of } = following(editor);
    expect(of(1)).toMatchObject({ areaPx: 100, areaMm2: 25 });
    editor.begin('Brush');
    editor.lay(square(20), 1);
    await vi.waitFor(() => expect(of(1)?.areaPx).toBe(200));
    editor.lay(square(30), 1);
    await vi.waitFor(() => expect(of(1)?.areaPx).toBe(300));
    editor.cancel();
    await vi.waitFor(() => expect(of(1)?.areaPx).toBe(100));
  });

  it('keep what did not change, and remove what was deleted', async () => {
    const editor = opened();
    const { of } = following(editor);
    const before = of(1);
    commands.newLesion(editor);
    editor.begin('Brush');
    editor.lay(square(25), 2);
    editor.commit();
    await vi.waitFor(() => expect(of(2)?.areaPx).toBe(100));
    expect(of(1)).toBe(before);
    commands.deleteLesion(editor, 2);
    await vi.waitFor(() => expect(of(2)).toBeUndefined());
  });

  it('stop updating once nobody reads them', async () => {
    const editor = opened();
    const { of, stop } = following(editor);
    editor.begin('Brush');
    editor.lay(square(20), 1);
    stop();
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(of(1)?.areaPx).toBe(100);
  });
});
