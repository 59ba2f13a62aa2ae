import { BlobReader, BlobWriter, TextReader, ZipWriter } from '@zip.js/zip.js';
import { describe, expect, it } from 'vitest';
import { isArchive, type Unpacked, unpack } from './archive';

async function zip(
  content: Record<string, string | Blob>,
  options: { password?: string } = {},
): Promise<File> {
  const writer = new ZipWriter(new BlobWriter(), { useWebWorkers: false, ...options });
  for (const [name, body] of Object.entries(content)) {
    await writer.add(name, typeof body === 'string' ? new TextReader(body) : new BlobReader(body));
  }
  return new File([await writer.close()], 'study.zip');
}

async function all(archive: File, maxBytes?: number): Promise<Unpacked[]> {
  const found: Unpacked[] = [];
  for await (const one of unpack(archive, maxBytes)) found.push(one);
  return found;
}

const names = (found: Unpacked[]) =>
  found.map((one) => ('file' in one ? one.file.name : `${one.name}!`));

describe('a ZIP archive', () => {
  it('is a study: its files, without folders, DICOMDIR and system files', async () => {
    const archive = await zip({
      DICOMDIR: 'index',
      'series 1/IM_0001': 'first',
      'series 1/IM_0002': 'second',
      '__MACOSX/series 1/._IM_0001': 'x',
    });
    expect(await isArchive(archive)).toBe(true);
    const found = await all(archive);
    expect(names(found)).toEqual(['IM_0001', 'IM_0002']);
    const texts = found.map((one) => ('file' in one ? one.file.text() : ''));
    expect(await Promise.all(texts)).toEqual(['first', 'second']);
  });

  it('reports the files that are refused, and continues', async () => {
    const inner = await zip({ 'a.png': 'a' });
    const zeros = new Blob([new Uint8Array(4 * 1024 * 1024)]);
    const archive = await zip({ 'inner.zip': inner, 'zeros.dcm': zeros, 'b.png': 'b' });
    const found = await all(archive, 1024 * 1024);
    expect(names(found)).toEqual(['inner.zip!', 'zeros.dcm!', 'b.png']);
    const locked = await all(await zip({ 'a.png': 'a' }, { password: 'secret' }));
    expect(names(locked)).toEqual(['a.png!']);
  });

  it('is not trusted if it gives a smaller size than a file has', async () => {
    const archive = await zip({ 'a.dcm': 'a'.repeat(5000) });
    const bytes = new Uint8Array(await archive.arrayBuffer());
    const view = new DataView(bytes.buffer);
    const central = bytes.findIndex(
      (_, at) => at + 4 <= bytes.length && view.getUint32(at, true) === 0x02014b50,
    );
    view.setUint32(central + 24, 100, true);
    expect(names(await all(new File([bytes], 'lie.zip')))).toEqual(['a.dcm!']);
  });

  it('is reported if it is truncated, and an Office document is not an archive', async () => {
    const archive = await zip({ 'a.png': 'a' });
    const cut = new File([archive.slice(0, archive.size - 30)], 'cut.zip');
    expect(names(await all(cut))).toEqual(['cut.zip!']);
    expect(await isArchive(new File([archive], 'letter.docx'))).toBe(false);
  });
});
