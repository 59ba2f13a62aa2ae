import { afterEach, describe, expect, it } from 'vitest';
import { HttpServer } from '../../testing/httpServer';
import { fetchManifest, parseHead } from './manifest';

let server: HttpServer;
afterEach(() => server?.stop());

/** A stored ZIP as written by an export (APPNOTE 4.3): files, directory, end. */
function zip(files: [string, string][], far = false): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [name, text] of files) {
    const data = Buffer.from(text);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt32LE(data.length, 18);
    local.writeUInt32LE(data.length, 22);
    local.writeUInt16LE(name.length, 26);
    const extra = far ? Buffer.alloc(12) : Buffer.alloc(0);
    if (far) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(8, 2);
      extra.writeBigUInt64LE(BigInt(offset), 4);
    }
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt32LE(data.length, 20);
    central.writeUInt32LE(data.length, 24);
    central.writeUInt16LE(name.length, 28);
    central.writeUInt16LE(extra.length, 30);
    central.writeUInt32LE(far ? 0xffffffff : offset, 42);
    directory.push(central, Buffer.from(name), extra);
    parts.push(local, Buffer.from(name), data);
    offset += 30 + name.length + data.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  return Buffer.concat([...parts, ...directory, end]);
}

async function serve(archive: Buffer): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  server = await HttpServer.start((request, response) => {
    const range = String(request.headers.range);
    asked.push(range);
    const [from, to] = range.replace('bytes=', '').split('-').map(Number) as [number, number];
    response.writeHead(206, { 'Content-Type': 'application/zip' });
    response.end(archive.subarray(from, to + 1));
  });
  return { url: server.url, asked };
}

const MANIFEST = '{\n "counts": {\n  "images": 2\n },\n "files": [\n  {"name": "1.png"}\n ]\n}\n';

describe('the manifest of an archive', () => {
  it('is read without downloading the archive', async () => {
    const archive = zip([
      ['images/1.png', 'x'.repeat(300_000)],
      ['manifest.json', MANIFEST],
    ]);
    const { url, asked } = await serve(archive);
    expect(await fetchManifest(url, archive.length)).toEqual({ counts: { images: 2 } });
    const bytes = asked.map((range) => {
      const [from, to] = range.replace('bytes=', '').split('-').map(Number) as [number, number];
      return to - from + 1;
    });
    expect(Math.max(...bytes)).toBeLessThan(70_000);
  });

  it('is found by the 64-bit offset of large archives', async () => {
    const archive = zip(
      [
        ['a', 'b'],
        ['manifest.json', MANIFEST],
      ],
      true,
    );
    const { url } = await serve(archive);
    expect(await fetchManifest(url, archive.length)).toEqual({ counts: { images: 2 } });
  });

  it('may be longer than the part that is fetched', () => {
    expect(parseHead('{"licence": "x",\n "files": [\n  {"name": "im')).toEqual({ licence: 'x' });
  });

  it('is reported missing if there is none', async () => {
    const archive = zip([['a', 'b']]);
    const { url } = await serve(archive);
    await expect(fetchManifest(url, archive.length)).rejects.toThrow('no manifest');
  });
});
