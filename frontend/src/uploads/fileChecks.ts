import { t } from '@lingui/core/macro';
import { fixed } from '../language/language';
/** Bytes needed from the start of a file: the DICOM signature is at offset 128. */
export const HEAD_BYTES = 132;
/** The server's default limit (`SONOLOOP_MAX_UPLOAD_BYTES`); it refuses with 413 in any case. */
export const DEFAULT_MAX_BYTES = 64 * 1024 * 1024;

export type Verdict =
  | { ok: true; contentType: string }
  /** `image`: whether it could be an image if it had another size or were complete. */
  | { ok: false; image: boolean; reason: string };

const latin = (head: Uint8Array, from: number, to: number) =>
  String.fromCharCode(...head.subarray(from, to));

const starts = (head: Uint8Array, ...bytes: number[]) =>
  bytes.every((byte, index) => head[index] === byte);

function imageType(head: Uint8Array): string | null {
  if (starts(head, 0x89, 0x50, 0x4e, 0x47)) return 'image/png';
  if (starts(head, 0xff, 0xd8, 0xff)) return 'image/jpeg';
  if (starts(head, 0x49, 0x49, 0x2a, 0) || starts(head, 0x4d, 0x4d, 0, 0x2a)) return 'image/tiff';
  if (latin(head, 0, 4) === 'RIFF' && latin(head, 8, 12) === 'WEBP') return 'image/webp';
  if (latin(head, 0, 2) === 'BM') return 'image/bmp';
  if (latin(head, 0, 4) === 'RIFF' && latin(head, 8, 12) === 'AVI ') return 'video/x-msvideo';
  if (/^(ftyp(?!hei|hev|mif1|msf1|avi)|moov|mdat|wide)/.test(latin(head, 4, 12)))
    return 'video/mp4';
  if (latin(head, 128, 132) === 'DICM') return 'application/dicom';
  return null;
}

function impossibleType(head: Uint8Array): string | null {
  const brand = latin(head, 4, 12);
  if (latin(head, 0, 4) === '%PDF') return t`a PDF document`;
  if (starts(head, 0x50, 0x4b, 3, 4)) return t`a ZIP archive or an Office document`;
  if (starts(head, 0x1f, 0x8b)) return t`a compressed archive`;
  if (latin(head, 0, 4) === 'GIF8') return t`a GIF image`;
  if (brand.startsWith('ftyp')) {
    return t`a HEIC or AVIF photo`;
  }
  if (latin(head, 0, 4) === 'RIFF') return t`a video or sound file`;
  if (/^\s*</.test(latin(head, 0, 16))) return t`a web page or drawing (HTML, SVG, XML)`;
  return null;
}

/**
 * Refuses files that the server would certainly refuse, before a byte is sent.
 * @param head the first HEAD_BYTES of the file, or all of a shorter one
 */
export function judgeFile(
  file: { name: string; size: number; type: string },
  head: Uint8Array,
  maxBytes: number = DEFAULT_MAX_BYTES,
): Verdict {
  if (file.size === 0) {
    return { ok: false, image: true, reason: t`The file is empty; export it again.` };
  }
  if (file.size > maxBytes) {
    const limit = Math.floor(maxBytes / (1024 * 1024));
    const size = fixed(file.size / (1024 * 1024), 1);
    return {
      ok: false,
      image: true,
      reason: t`The file has ${size} MB; at most ${limit} MB are accepted. Cut out the part of interest.`,
    };
  }
  const known = imageType(head);
  if (known) return { ok: true, contentType: known };
  const other = impossibleType(head);
  if (other) {
    return {
      ok: false,
      image: false,
      reason: t`This is ${other}. Use PNG, JPEG, TIFF, BMP, WebP, DICOM, or a video in MP4, MOV or AVI.`,
    };
  }
  // Old DICOM files lack the signature; the server checks them more closely.
  const extension = /\.([^.]+)$/.exec(file.name)?.[1]?.toLowerCase();
  const maybeDicom =
    extension === undefined ||
    ['dcm', 'dicom', 'ima'].includes(extension) ||
    /^\d+$/.test(extension) ||
    file.type === 'application/dicom';
  if (maybeDicom) return { ok: true, contentType: 'application/dicom' };
  return {
    ok: false,
    image: false,
    reason: t`This type of file is not known. Use PNG, JPEG, TIFF, BMP, WebP, DICOM, or a video in MP4, MOV or AVI.`,
  };
}

export async function readHead(file: Blob): Promise<Uint8Array> {
  return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer());
}
