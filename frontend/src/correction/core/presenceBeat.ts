import { Store } from '../../viewer/store';
import type { PresentPerson } from '../wire';
import type { CorrectionApi } from './correctionApi';

export interface PresencePorts {
  server: Pick<CorrectionApi, 'putPresence' | 'deletePresence'>;
  /** Whether the page is visible: a hidden page does not count as present. */
  visible: () => boolean;
  everyMs?: number;
}

/** The server removes people who have not renewed for 30 s, so two renewals may be lost. */
const EVERY_MS = 10_000;

/** Announces that this person has an image open, and tracks who else has. */
export class PresenceBeat {
  readonly others = new Store<{ people: readonly PresentPerson[] }>({ people: [] });
  private timer: ReturnType<typeof setInterval> | undefined;
  private editing = false;
  private running = false;

  constructor(private readonly ports: PresencePorts) {}

  start(): void {
    this.running = true;
    void this.beat();
    this.timer = setInterval(() => void this.beat(), this.ports.everyMs ?? EVERY_MS);
  }

  /** @param editing whether there are changes not saved as a revision */
  setEditing(editing: boolean): void {
    if (editing === this.editing) return;
    this.editing = editing;
    if (this.running) void this.beat();
  }

  /** The page was hidden or shown. */
  look(): void {
    if (this.running) void this.beat();
  }

  /** The page is left, perhaps permanently; `look` makes the person present again. */
  pause(): void {
    if (this.running) void this.ports.server.deletePresence().catch(() => {});
  }

  /** Uses the people from an event; renewals return the same every few seconds anyway. */
  hear(people: readonly PresentPerson[]): void {
    if (this.running) this.others.set({ people });
  }

  stop(): void {
    if (!this.running) return;
    this.running = false;
    clearInterval(this.timer);
    void this.ports.server.deletePresence().catch(() => {
      // The server removes people by itself.
    });
  }

  private async beat(): Promise<void> {
    if (!this.ports.visible()) return;
    try {
      const people = await this.ports.server.putPresence(this.editing);
      if (this.running) this.others.set({ people });
    } catch {
      // The next one follows soon; the drawing's own state shows a lost network.
    }
  }
}
