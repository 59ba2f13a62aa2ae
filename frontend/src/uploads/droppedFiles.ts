/** More files than this in one drop are a mistake, or need an import. */
export const MOST_DROPPED = 5_000;
/**
 * Files that systems put into folders by themselves, and the directory of a medium's DICOM files.
 */
export const OF_THE_SYSTEM = /^(\.|Thumbs\.db$|desktop\.ini$|__MACOSX$|DICOMDIR$)/i;

/** One level of a folder; the browser hands it out in parts. */
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

/** The folders that a file of a drop lies in, such as "study/case-7"; null where there is none. */
export const folderOf = (file: File): string | null => folders.get(file) ?? null;

/** Says in which folders a file lies, the outermost first. */
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
 * The files of a drop, those of its folders and their folders included, in the order of names; of
 * folders at most one more than MOST_DROPPED.
 * Must be called while the drop is handled: afterwards the browser has taken its entries away.
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
