import { expect, test } from 'vitest';
import { sentences } from './sentences';

test('sentences are separated by a space, but not after a Chinese full stop', () => {
  expect(sentences('One.', '', 'Two.')).toBe('One. Two.');
  expect(sentences('图像：缺少类别。', '还缺少 2 项。')).toBe('图像：缺少类别。还缺少 2 项。');
  expect(sentences('')).toBe('');
});
