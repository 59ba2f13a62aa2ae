import type { LocalDraft, LocalDrafts } from './localDrafts';

export interface LocalCopyPorts {
  local: LocalDrafts;
  key: Pick<LocalDraft, 'user' | 'image' | 'tab'>;
  /** The current drawing, and the version on the server on which it is based. */
  read: () => Pick<LocalDraft, 'drawing' | 'version'>;
  /** Sequence of the newest change, and of the newest one that the server has. */
  newest: () => number;
  inServer: () => number;
  onWritten: () => void;
}

/** One drawing's record in the browser's database, as long as the server does not have it. */
export class LocalCopy {
  private written = 0;
  private writing = false;

  constructor(private readonly ports: LocalCopyPorts) {}

  /** Sequence of the newest change in the record. */
  get sequence(): number {
    return this.written;
  }

  /** Writes the newest drawing, one write at a time; changes made meanwhile are written next. */
  write(): void {
    const sequence = this.ports.newest();
    if (this.writing || this.written === sequence || this.ports.inServer() === sequence) return;
    this.writing = true;
    const record = { ...this.ports.key, ...this.ports.read(), sequence };
    void this.store({ ...record, at: new Date().toISOString() });
  }

  /** Removes the record unless it has a later change. */
  async forget(sequence: number): Promise<void> {
    // If it fails, the next opening finds a record that equals the server's and deletes it.
    await this.ports.local.remove(this.ports.key, sequence).catch(() => {});
  }

  private async store(record: LocalDraft): Promise<void> {
    const stored = await this.ports.local.put(record).then(
      () => true,
      // The server still gets it; the keeper reports the change as at risk until then.
      () => false,
    );
    this.writing = false;
    if (stored) this.written = Math.max(this.written, record.sequence);
    this.ports.onWritten();
    // The server may have been faster.
    if (this.ports.inServer() >= this.written) await this.forget(this.ports.inServer());
    if (stored) this.write();
  }
}
