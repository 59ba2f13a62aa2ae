/** A drop of more files than this is a mistake, or needs an import. */
export const MOST_DROPPED = 5_000;
/** Files that operating systems add to folders, and the directory of DICOM media. */
export const OF_THE_SYSTEM = /^(\.|Thumbs\.db$|desktop\.ini$|__MACOSX$|DICOMDIR$)/i;

/** One level of a folder; the browser returns it in batches. */
async function childrenOf(folder: FileSystemDirectoryEntry): Promise<FileSystemEntry[]> {
  const reader = folder.createReader();
  const children: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) =>
      reader.readEntries(resolve, reject),
    );
    if (part.length === 0) return children;
    children.push(...part);
  }
}

const folders = new WeakMap<File, string>();

/** The folders that contain a file of a drop, such as "study/case-7"; null if there are none. */
export const folderOf = (file: File): string | null => folders.get(file) ?? null;

/** Records the folders that contain a file, outermost first. */
export function placeIn(file: File, path: readonly string[]): void {
  if (path.length > 0) folders.set(file, path.join('/'));
}

export const pathIn = (folder: string | null, name: string): string =>
  folder ? `${folder}/${name}` : name;

const fileOf = (entry: FileSystemFileEntry): Promise<File> =>
  new Promise((resolve, reject) => entry.file(resolve, reject));

async function collect(entry: FileSystemEntry, files: File[]): Promise<void> {
  if (files.length > MOST_DROPPED) return;
  if (entry.isFile) {
    const file = await fileOf(entry as FileSystemFileEntry);
    placeIn(file, entry.fullPath.split('/').slice(1, -1));
    files.push(file);
  }
  if (!entry.isDirectory) return;
  const children = await childrenOf(entry as FileSystemDirectoryEntry);
  children.sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  for (const child of children) {
    if (!OF_THE_SYSTEM.test(child.name)) await collect(child, files);
  }
}

/**
 * The files of a drop, including those in nested folders, sorted by name; from folders at most one
 * more than MOST_DROPPED. Must be called during the drop event: afterwards the browser removes the
 * entries.
 */
export function droppedFiles(transfer: DataTransfer): Promise<File[]> {
  const entries = [...transfer.items]
    .filter(({ kind }) => kind === 'file')
    .map((item) => item.webkitGetAsEntry?.() ?? null);
  const flat = [...transfer.files];
  if (!entries.some((entry) => entry?.isDirectory)) return Promise.resolve(flat);
  return (async () => {
    const files: File[] = [];
    for (const entry of entries) if (entry) await collect(entry, files);
    return files;
  })();
}
