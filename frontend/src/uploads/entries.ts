import { newIdempotencyKey } from '../api/client';
import { folderOf } from './droppedFiles';
import type { Sending } from './transport';
import {
  isOver,
  type KeptUpload,
  stateAfterReturn,
  type Upload,
  type UploadKeeper,
  type UploadState,
} from './upload';

/** An upload with everything needed to send it. */
export interface Entry {
  upload: Upload;
  /** Null after the page was left. */
  file: File | null;
  modified: number;
  contentType: string;
  /** Kept across network failures; replaced when a person resends a file that had a job. */
  idempotencyKey: string;
  project: string | null;
  case: string | null;
  attempts: number;
  sending: Sending | null;
  timer: ReturnType<typeof setTimeout> | undefined;
}

/** The uploads of a tab: their list for the pages, and a copy that survives leaving the page. */
export class Entries {
  private readonly byKey = new Map<string, Entry>();
  private readonly listeners = new Set<() => void>();
  private keeper: UploadKeeper | null = null;
  private shown: readonly Upload[] = [];

  /** @param onChange runs after every change, before the listeners */
  constructor(private readonly onChange: () => void) {}

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** All uploads, oldest first; the same array until something changes. */
  get list(): readonly Upload[] {
    return this.shown;
  }

  get all(): Entry[] {
    return [...this.byKey.values()];
  }

  get(key: string): Entry | undefined {
    return this.byKey.get(key);
  }

  ofJob(jobId: string): Entry | undefined {
    return this.all.find(({ upload }) => upload.jobId === jobId);
  }

  keysWhere(fits: (state: UploadState) => boolean): string[] {
    return this.shown.filter(({ state }) => fits(state)).map(({ key }) => key);
  }

  /** Stores unfinished uploads while the page is closed, and restores stored ones. */
  keepIn(keeper: UploadKeeper | null, kept: readonly KeptUpload[]): void {
    this.keeper = keeper;
    if (kept.length === 0) for (const entry of this.all) this.keep(entry);
    for (const one of kept) {
      if (this.byKey.has(one.key)) continue;
      const { key, name, size, jobId } = one;
      const state = stateAfterReturn(one);
      const upload = { key, name, folder: null, size, jobId, state, note: null };
      const entry = { ...one, upload, file: null, attempts: 0, sending: null, timer: undefined };
      this.byKey.set(key, entry);
      this.keep(entry);
    }
    this.publish();
  }

  add(file: File, project: string | null, patientCase: string | null): Entry {
    const key = newIdempotencyKey();
    const { name, size } = file;
    const entry: Entry = {
      upload: {
        key,
        name,
        folder: folderOf(file),
        size,
        jobId: null,
        state: { is: 'waiting' },
        note: null,
      },
      file,
      modified: file.lastModified,
      contentType: '',
      idempotencyKey: newIdempotencyKey(),
      project,
      case: patientCase,
      attempts: 0,
      sending: null,
      timer: undefined,
    };
    this.byKey.set(key, entry);
    return entry;
  }

  /** The upload lost with an earlier page, if its file was chosen again. */
  chosenAgain(file: File): Entry | null {
    const entry = this.all.find(
      ({ upload, modified }) =>
        upload.state.is === 'lost' &&
        upload.name === file.name &&
        upload.size === file.size &&
        modified === file.lastModified,
    );
    if (!entry) return null;
    // The key stays, so a file that arrived although its answer was lost creates no second image.
    entry.file = file;
    entry.contentType = '';
    entry.attempts = 0;
    entry.upload = { ...entry.upload, state: { is: 'waiting' }, note: null };
    return entry;
  }

  change(entry: Entry, state: UploadState): void {
    const before = entry.upload;
    entry.upload = { ...before, state, note: null };
    if (before.state.is !== state.is || 'retry' in state) this.keep(entry);
    this.publish();
  }

  annotate(entry: Entry, note: string): void {
    entry.upload = { ...entry.upload, note };
    this.publish();
  }

  /** Removes those of the given uploads that are finished. */
  drop(keys: readonly string[]): void {
    const over = keys.filter((key) => {
      const entry = this.byKey.get(key);
      return entry !== undefined && isOver(entry.upload.state);
    });
    for (const key of over) this.byKey.delete(key);
    this.keeper?.forget(over);
    this.publish();
  }

  /** Removes everything, here and in the keeper. */
  clear(): void {
    this.keeper?.forget([...this.byKey.keys()]);
    this.keeper = null;
    this.byKey.clear();
    this.publish();
  }

  keep({ upload, ...entry }: Entry): void {
    const { key, name, size, jobId, state } = upload;
    if (state.is === 'done' || state.is === 'skipped') {
      this.keeper?.forget([key]);
      return;
    }
    const { modified, contentType, project, idempotencyKey } = entry;
    const kept = { modified, contentType, project, idempotencyKey, case: entry.case };
    this.keeper?.keep({ key, name, size, jobId, state, ...kept });
  }

  publish(): void {
    this.shown = this.all.map(({ upload }) => upload);
    this.onChange();
    for (const listener of [...this.listeners]) listener();
  }
}
