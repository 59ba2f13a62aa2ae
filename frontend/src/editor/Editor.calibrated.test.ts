import { describe, expect, it } from 'vitest';
import { blank, editorOf } from '../testing/maps';
import * as commands from './commands';
import { Lengths } from './lengths';
import { lineBetween, measurementText } from './measure';

describe('a measurement made before a calibration', () => {
  it('is in mm afterwards, and stays so when it is saved, drawn on, undone and redone', () => {
    const editor = editorOf(blank(20, 10));
    const line = lineBetween({ x: 2, y: 5 }, { x: 12, y: 5 }, null);
    commands.addMeasurement(editor, { kind: 'ruler', lines: [line] });
    const text = () => editor.state.get().measurements.map(measurementText);
    expect(text()).toEqual(['10 px']);

    editor.recalibrate(new Lengths({ row: 0.5, column: 0.5 }));
    expect(text()).toEqual(['5.0 mm']);
    editor.markSaved();
    expect(text()).toEqual(['5.0 mm']);
    commands.addMeasurement(editor, { kind: 'ruler', lines: [line] });
    expect(text()).toEqual(['5.0 mm', '5.0 mm']);
    editor.undo();
    expect(text()).toEqual(['5.0 mm']);

    editor.recalibrate(new Lengths({ row: 0.2, column: 0.2 }));
    editor.redo();
    expect(text()).toEqual(['2.0 mm', '2.0 mm']);
  });
});
