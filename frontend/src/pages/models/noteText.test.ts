// @vitest-environment node
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { noteText } from './noteText';

const SOURCES = ['fitting', 'candidate', 'run', '__main__'].map((name) =>
  readFileSync(`../models/loop/${name}.py`, 'utf8'),
);
const codes = SOURCES.flatMap((source) => [
  ...source.matchAll(/(?:Remark|_too_few)\(\s*"([a-z0-9-]+)"/g),
]).map(([, code]) => String(code));

it('has a translation for everything a run notes about its candidate', () => {
  expect(codes.length).toBeGreaterThan(15);
  const unsaid = codes.filter((code) => noteText({ code, text: '?', values: {} }) === '?');
  expect(unsaid).toEqual([]);
});

it('formats values as the page does, and leaves old notes unchanged', () => {
  const values = { patients: 6, needed: 10 };
  expect(noteText({ code: 'no-gain-of-few', text: '', values })).toBe(
    'Validation patients: 6; 10 are needed to choose by. Neither half nor a quarter of the new weights gains over the parent model on their images.',
  );
  expect(noteText('Something of before.')).toBe('Something of before.');
});
