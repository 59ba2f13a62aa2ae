import { isArchive, unpack } from './archive';
import { uploads } from './theUploads';

/** Sends files; those in ZIP archives as if their folders had been dropped. */
export async function takeIn(files: readonly File[]): Promise<void> {
  const archives: File[] = [];
  const others: File[] = [];
  for (const file of files) {
    const packed = await isArchive(file).catch(() => false);
    (packed ? archives : others).push(file);
  }
  void uploads.add(others);
  for (const archive of archives) {
    for await (const found of unpack(archive)) {
      if ('file' in found) await uploads.add([found.file]);
      else uploads.refuse(found.name, found.reason);
    }
  }
}
