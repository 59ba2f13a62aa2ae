import { describe, expect, it } from 'vitest';
import { commands } from '../editor';
import { editorOf, mapOf } from '../testing/maps';
import { hintsOn } from './hints';

const BOX = { left: 0, top: 0, width: 2, height: 1 };
const said = (editor: ReturnType<typeof editorOf>) =>
  hintsOn(editor).map(({ what, lesion }) => [what, lesion]);

describe('hints before a submission', () => {
  it('name a possible lesion until somebody decides about it', () => {
    const editor = editorOf(mapOf('11.2'));
    expect(said(editor)).toEqual([]);
    editor.setDoubts([{ box: BOX, area: 2, probability: 0.2 }]);
    expect(said(editor)).toEqual([['possible', 1]]);
    commands.keepLesion(editor, 1);
    expect(said(editor)).toEqual([]);
  });

  it('also name a lesion in separate areas', () => {
    const editor = editorOf(mapOf('11.2.2'));
    editor.setDoubts([{ box: BOX, area: 2, probability: 0.2 }]);
    expect(said(editor)).toEqual([
      ['possible', 1],
      ['pieces', 2],
    ]);
    commands.deleteLesion(editor, 1);
    expect(said(editor)).toEqual([['pieces', 2]]);
  });
});
