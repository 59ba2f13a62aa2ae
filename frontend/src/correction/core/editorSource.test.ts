import { describe, expect, it } from 'vitest';
import { contentOf, Editor, LabelMap } from '../../editor';
import { sameLabels } from './drawing';
import { EditorSource } from './editorSource';
import { labelsToSave } from './revisionSaver';

const MASS = '018f0000-0000-7000-8000-000000000000';
const said = {
  classes: { '1': MASS },
  attributes: { '1': { a: 'sharp' } },
  image_attributes: { b: 2 },
};

function source(): EditorSource {
  const map = new LabelMap(8, 6);
  map.data.fill(1, 0, 4);
  const frame = { width: 8, height: 6, data: new Uint8ClampedArray(8 * 6 * 4) };
  const { classes: classIds, attributes: values, image_attributes: imageValues } = said;
  const editor = new Editor({ map, frame, spacing: null, classIds, values, imageValues });
  return new EditorSource(editor, { seconds: 0, reset: () => undefined }, 2, '');
}

describe('classes and attributes of an opened drawing', () => {
  it('are in every stored drawing', () => {
    expect(source().read().labels).toMatchObject({ ...said, width: 8, height: 6, names: {} });
  });

  it('of the image stay if there is no lesion, while those of lesions are removed', () => {
    const { labels } = source().read();
    const saved = labelsToSave({
      labels,
      answer: 'no-lesion',
      answerReason: null,
      seconds: 0,
      parentRevision: 2,
    });
    expect(saved.image_attributes).toEqual({ b: 2 });
    expect(saved.classes).toBeUndefined();
  });

  it('come with the layers of overlapping classes', () => {
    const labels = {
      ...{ width: 8, height: 1, runs: [1, 4, 0, 4], names: {} },
      overlays: [{ class_id: MASS, runs: [0, 2, 2, 6] }],
      classes: { '2': MASS },
      attributes: { '2': { a: 'sharp' } },
    };
    const frame = { width: 8, height: 1, data: new Uint8ClampedArray(8 * 4) };
    const editor = new Editor({ ...contentOf(labels), frame, spacing: null });
    const source = new EditorSource(editor, { seconds: 0, reset: () => undefined }, 2, '');
    expect(source.read().labels).toEqual(labels);
    expect(editor.addLesion()).toBe(3);
  });

  it('distinguish drawings with the same pixels', () => {
    const { labels } = source().read();
    expect(sameLabels(labels, { ...labels, classes: { '1': MASS.replace(/0$/, '1') } })).toBe(
      false,
    );
    expect(sameLabels(labels, { ...labels, attributes: { '1': { a: 'soft' } } })).toBe(false);
    expect(sameLabels({ ...labels, overlays: undefined }, labels)).toBe(true);
  });
});
