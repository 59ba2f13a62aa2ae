// @vitest-environment jsdom
import { describe, expect, it } from 'vitest';
import { Editor, LabelMap, TOOL_OPTIONS_DEFAULT } from '../../../editor';
import { readOptions, rememberedTool, rememberTool } from './toolMemory';

function editor(): Editor {
  const frame = { width: 4, height: 4, data: new Uint8ClampedArray(64) };
  return new Editor({ map: new LabelMap(4, 4), frame, spacing: null, ...rememberedTool() });
}

describe('tools from image to image', () => {
  it('start with looking, and are then kept', () => {
    const first = editor();
    expect(first.state.get().tool).toBe('select');
    const forget = rememberTool(first);
    first.setTool('brush');
    first.setOptions({ radius: 24, mode: 'subtract', overwrite: true });
    forget();
    const next = editor().state.get();
    expect(next.tool).toBe('brush');
    expect(next.options.radius).toBe(24);
  });

  it('never start with subtracting or overwriting on an image', () => {
    const first = editor();
    const forget = rememberTool(first);
    first.setOptions({ mode: 'subtract', overwrite: true, scribble: 'not-lesion' });
    forget();
    expect(editor().state.get().options).toMatchObject({
      mode: 'add',
      overwrite: false,
      scribble: 'lesion',
    });
  });

  it('keep their sizes for the next visit', () => {
    const first = editor();
    const forget = rememberTool(first);
    first.setOptions({ radius: 33, pressure: false });
    forget();
    const kept = readOptions(localStorage.getItem('sonoloop.editor.options'));
    expect(kept).toMatchObject({ radius: 33, pressure: false });
  });

  it.each(['', 'null', '[]', '{"radius": "huge"}', '{"radius": 1e9}', '{'])(
    'fall back to the defaults if the storage holds %s',
    (stored) => {
      expect(readOptions(stored)).toEqual(TOOL_OPTIONS_DEFAULT);
    },
  );
});
