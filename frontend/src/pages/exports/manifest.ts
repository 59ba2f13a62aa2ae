import { t } from '@lingui/core/macro';
import { errorFromAnswer, networkError } from '../../api/problem';

/** Enough for the last entry of the directory and its end (APPNOTE 4.3.12 to 4.3.16). */
const TAIL_BYTES = 65_536;
/** The start of the manifest; the list of files after it grows with the archive. */
const HEAD_BYTES = 65_536;
const NAME = 'manifest.json';
const CENTRAL = 0x02014b50;
const LOCAL_HEADER = 30;
const CENTRAL_HEADER = 46;
const FAR = 0xffffffff;
const ZIP64 = 1;

/**
 * Reads the manifest of an archive without its list of files. This takes two requests for parts of
 * the archive, however large it is. The manifest is the last file and is not compressed.
 * @param url of the archive
 * @param size of the archive in bytes
 * @throws ApiError if the archive cannot be read
 */
export async function fetchManifest(
  url: string,
  size: number,
  signal?: AbortSignal,
): Promise<Record<string, unknown>> {
  const tail = await fetchRange(url, Math.max(0, size - TAIL_BYTES), size, signal);
  const entry = lastEntry(tail);
  const from = entry.offset;
  const head = await fetchRange(
    url,
    from,
    Math.min(size, from + LOCAL_HEADER + NAME.length + HEAD_BYTES),
    signal,
  );
  const start = LOCAL_HEADER + head.getUint16(26, true) + head.getUint16(28, true);
  const length = Math.min(entry.size, head.byteLength - start);
  return parseHead(new TextDecoder().decode(new Uint8Array(head.buffer, start, length)));
}

/** The directory's last entry, which is that of the manifest. */
function lastEntry(tail: DataView): { offset: number; size: number } {
  for (let at = tail.byteLength - CENTRAL_HEADER; at >= 0; at -= 1) {
    if (tail.getUint32(at, true) !== CENTRAL) continue;
    const nameLength = tail.getUint16(at + 28, true);
    const name = new TextDecoder().decode(
      new Uint8Array(tail.buffer, at + CENTRAL_HEADER, nameLength),
    );
    if (name !== NAME) continue;
    const offset = tail.getUint32(at + 42, true);
    return {
      size: tail.getUint32(at + 24, true),
      offset: offset === FAR ? farOffset(tail, at + CENTRAL_HEADER + nameLength) : offset,
    };
  }
  throw new Error(t`The archive has no manifest at its end; download it and look inside.`);
}

/** The 64-bit offset from the entry's ZIP64 field, for offsets beyond 4 GiB. */
function farOffset(tail: DataView, extra: number): number {
  if (tail.getUint16(extra, true) !== ZIP64)
    throw new Error(t`The archive’s directory is damaged; export it again.`);
  return Number(tail.getBigUint64(extra + 4, true));
}

/** Parses JSON up to its member `files`, which is the last one. */
export function parseHead(text: string): Record<string, unknown> {
  const files = text.search(/,\s*"files":\s*\[/);
  return JSON.parse(files < 0 ? text : `${text.slice(0, files)}}`) as Record<string, unknown>;
}

async function fetchRange(
  url: string,
  from: number,
  to: number,
  signal?: AbortSignal,
): Promise<DataView> {
  let answer: Response;
  try {
    answer = await fetch(url, {
      headers: { Range: `bytes=${from}-${to - 1}` },
      credentials: 'same-origin',
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    throw networkError();
  }
  if (answer.status !== 206) {
    throw errorFromAnswer(
      answer.status,
      answer.headers.get('Content-Type'),
      answer.ok ? '' : await answer.text().catch(() => ''),
    );
  }
  return new DataView(await answer.arrayBuffer());
}
