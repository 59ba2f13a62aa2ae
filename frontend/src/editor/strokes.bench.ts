import { bench, describe } from 'vitest';
import { blank, editorOf } from '../testing/maps';
import { swept } from './coverage';

// Only the core; the cost of a stroke including its drawing is measured in a browser.

describe('on 1024 × 768', () => {
  const editor = editorOf(blank(1024, 768));
  let turn = 0;

  bench('one sample of a 40 px brush', () => {
    editor.begin('Brush');
    const from = { x: 300, y: 300, radius: 40 };
    editor.lay(swept(from, { x: 320, y: 310, radius: 40 }), 1);
    editor.cancel();
  });

  bench('a stroke of 60 samples with its undo step', () => {
    turn += 1;
    editor.begin('Brush');
    for (let i = 0; i < 60; i += 1) {
      const from = { x: 100 + i * 8, y: 200 + (turn % 7) * 40, radius: 12 };
      editor.lay(swept(from, { ...from, x: from.x + 8 }), turn % 2, { of: null });
    }
    editor.commit();
  });
});
