import { t } from '@lingui/core/macro';
import type { Entry, FileEntry } from '@zip.js/zip.js';
import { MOST_DROPPED, OF_THE_SYSTEM, placeIn } from './droppedFiles';
import { DEFAULT_MAX_BYTES } from './fileChecks';

/** Maximum unpacked size of an archive; for more, the unpacked folder must be dropped. */
export const MOST_UNPACKED_BYTES = 4 * 1024 * 1024 * 1024;
/** Files compressed by more than this factor are empty or meant to fill a disk. */
const MOST_RATIO = 1_000;
/** Below this size, such files may simply be empty. */
const SMALL_BYTES = 1024 * 1024;
const SIGNATURE = [0x50, 0x4b, 3, 4];

/** A file of an archive, or why it was refused. */
export type Unpacked = { file: File } | { name: string; reason: string };

/** Whether a file is a ZIP archive of files; Office documents, also ZIP files, are not. */
export async function isArchive(file: File): Promise<boolean> {
  if (!/\.zip$/i.test(file.name)) return false;
  const head = new Uint8Array(await file.slice(0, SIGNATURE.length).arrayBuffer());
  return SIGNATURE.every((byte, at) => head[at] === byte);
}

/**
 * Yields the files of a ZIP archive one by one, reading it piece by piece; their names do not
 * include the folders. A file's size according to the archive is compared with the bytes actually
 * read.
 */
export async function* unpack(
  archive: File,
  maxBytes: number = DEFAULT_MAX_BYTES,
): AsyncGenerator<Unpacked> {
  // Loaded on demand, since few need it, and without the parts that this site's CSP forbids.
  const { BlobReader, configure, ZipReader } = await import(
    '@zip.js/zip.js/lib/zip-core-native.js'
  );
  configure({ useWebWorkers: false });
  const reader = new ZipReader(new BlobReader(archive));
  let files = 0;
  let bytes = 0;
  try {
    for await (const entry of reader.getEntriesGenerator()) {
      const parts = entry.filename.split(/[/\\]/);
      if (isFolder(entry) || parts.some((part) => OF_THE_SYSTEM.test(part))) continue;
      const name = parts.at(-1) ?? '';
      files += 1;
      bytes += entry.uncompressedSize;
      if (files > MOST_DROPPED || bytes > MOST_UNPACKED_BYTES) {
        const reason = t`The archive contains more files than can be uploaded at once. Unpack it and drop its folders one by one.`;
        yield { name: archive.name, reason };
        return;
      }
      const refused = refusal(entry, name, maxBytes);
      if (refused) yield { name, reason: refused };
      else {
        const found = await read(entry, name);
        if ('file' in found) placeIn(found.file, parts.slice(0, -1));
        yield found;
      }
    }
  } catch {
    const reason = t`This archive cannot be read to its end. Make it again, or unpack it and drop the folder.`;
    yield { name: archive.name, reason };
  } finally {
    await reader.close();
  }
}

const isFolder = (entry: Entry): entry is Exclude<Entry, FileEntry> => entry.directory;

function refusal(entry: FileEntry, name: string, maxBytes: number): string | null {
  const { compressedSize, uncompressedSize, encrypted } = entry;
  if (encrypted) return t`This file is encrypted; unpack the archive with its password first.`;
  if (/\.(zip|7z|rar|gz|tar|tgz)$/i.test(name))
    return t`This is an archive within an archive; unpack it first.`;
  if (uncompressedSize > maxBytes) {
    const limit = Math.floor(maxBytes / (1024 * 1024));
    return t`The file has more than ${limit} MB. Cut out the part of interest.`;
  }
  if (uncompressedSize > SMALL_BYTES && uncompressedSize > MOST_RATIO * compressedSize)
    return t`This file is compressed more tightly than any picture.`;
  return null;
}

async function read(entry: FileEntry, name: string): Promise<Unpacked> {
  const parts: BlobPart[] = [];
  let size = 0;
  const sink = new WritableStream<Uint8Array<ArrayBuffer>>({
    write(part) {
      size += part.length;
      if (size > entry.uncompressedSize) throw new Error('longer than its archive says');
      parts.push(part);
    },
  });
  try {
    await entry.getData(sink, { checkSignature: true });
    if (size !== entry.uncompressedSize) throw new Error('shorter than its archive says');
    return { file: new File(parts, name, { lastModified: entry.lastModDate.getTime() }) };
  } catch {
    return { name, reason: t`This file is damaged in its archive; make the archive again.` };
  }
}
