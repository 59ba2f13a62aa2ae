import { describe, expect, it } from 'vitest';
import { HEAD_BYTES, judgeFile, readHead } from './fileChecks';

const ascii = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0));
const dicom = () => {
  const head = new Uint8Array(HEAD_BYTES);
  head.set(ascii('DICM'), 128);
  return head;
};
const file = (name: string, size = 1000, type = '') => ({ name, size, type });

describe('before a byte is sent', () => {
  it.each([
    ['image/png', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10)],
    ['image/jpeg', Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
    ['image/tiff', Uint8Array.of(0x49, 0x49, 0x2a, 0)],
    ['image/tiff', Uint8Array.of(0x4d, 0x4d, 0, 0x2a)],
    ['image/webp', ascii('RIFF1234WEBPVP8 ')],
    ['image/bmp', ascii('BM1234')],
    ['application/dicom', dicom()],
    ['video/mp4', ascii('\0\0\0\x18ftypisom')],
    ['video/mp4', ascii('\0\0\0\x18moov')],
    ['video/x-msvideo', ascii('RIFF1234AVI LIST')],
  ])('%s is recognised by its bytes, whatever its name', (contentType, head) => {
    expect(judgeFile(file('report.pdf'), head)).toEqual({ ok: true, contentType });
  });

  it.each([
    ['PDF', ascii('%PDF-1.7')],
    ['ZIP', Uint8Array.of(0x50, 0x4b, 3, 4)],
    ['GIF', ascii('GIF89a')],
    ['HEIC', ascii('\0\0\0\x18ftypheic')],
    ['sound', ascii('RIFF1234WAVEfmt ')],
    ['drawing', ascii('<svg xmlns=')],
    ['archive', Uint8Array.of(0x1f, 0x8b, 8)],
  ])('a %s is refused with its type, even if it is called scan.png', (word, head) => {
    const verdict = judgeFile(file('scan.png', 1000, 'image/png'), head);
    expect(verdict).toMatchObject({ ok: false, reason: expect.stringContaining(word) });
  });

  it('DICOM files without the signature pass by their name; other unknown files do not', () => {
    const head = new Uint8Array(HEAD_BYTES);
    for (const name of ['IM00001.dcm', 'IM00001', '1.2.840.113619']) {
      expect(judgeFile(file(name), head).ok).toBe(true);
    }
    expect(judgeFile(file('notes.txt'), head).ok).toBe(false);
  });

  it('an empty and an oversized file are refused with the reason', () => {
    expect(judgeFile(file('a.png', 0), new Uint8Array())).toMatchObject({
      reason: expect.stringContaining('empty'),
    });
    const big = judgeFile(file('a.png', 70 * 1024 * 1024), dicom());
    expect(big).toMatchObject({ ok: false, reason: expect.stringContaining('70.0 MB') });
  });

  it('only the first bytes are read', async () => {
    expect(await readHead(new Blob([new Uint8Array(10_000)]))).toHaveLength(HEAD_BYTES);
  });
});
