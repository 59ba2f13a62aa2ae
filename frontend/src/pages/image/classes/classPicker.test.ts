import { describe, expect, it } from 'vitest';
import type { EditorClass } from '../../../editor';
import { classOfKey, keyOfClass } from './classPicker';

const named = (id: string, archived = false): EditorClass => ({
  id,
  name: id,
  colour: '#ffd54a',
  kind: 'instance',
  overlaps: false,
  archived,
});
const CLASSES = [named('cyst'), named('old', true), named('mass')];
const press = (code: string, key: string, shiftKey = true) => ({
  code,
  key,
  shiftKey,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
});

describe('the key of a class', () => {
  it('is Shift and its position among the available classes, on any keyboard layout', () => {
    expect(classOfKey(press('Digit2', '@'), CLASSES)?.id).toBe('mass');
    expect(classOfKey(press('Digit2', '"'), CLASSES)?.id).toBe('mass');
    expect(keyOfClass(CLASSES, 'mass')).toBe('⇧2');
    expect(keyOfClass(CLASSES, 'old')).toBe('');
  });

  it('is not a plain digit, nor Shift and a digit if the layout produces a key of the page', () => {
    expect(classOfKey(press('Digit1', '1', false), CLASSES)).toBeNull();
    expect(classOfKey(press('Digit1', '1'), CLASSES)).toBeNull(); // AZERTY
    expect(classOfKey(press('Digit1', '+'), CLASSES)).toBeNull(); // Swiss
  });
});
