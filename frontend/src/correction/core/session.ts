import type { ActivityClock, Editor } from '../../editor';
import type { Revision } from '../wire';
import type { CorrectionApi } from './correctionApi';
import type { Desk } from './desk';
import { DraftKeeper } from './draftKeeper';
import { EditorSource } from './editorSource';
import { PresenceBeat } from './presenceBeat';
import { RevisionSaver, type Saved } from './revisionSaver';

export interface SessionPorts {
  user: string;
  image: string;
  editor: Editor;
  activity: ActivityClock;
  /** The revision with which the editor was opened; null if the image has none. */
  parentRevision: number | null;
  answerReason: string;
  server: CorrectionApi;
  desk: Desk;
  onSaved: (saved: Saved) => void;
  /** Shows the dialog for signing in again. */
  askToSignIn: () => void;
}

/** One person correcting one image in one tab: from opening it to moving on to the next. */
export class CorrectionSession {
  readonly user: string;
  readonly image: string;
  readonly server: CorrectionApi;
  readonly source: EditorSource;
  readonly keeper: DraftKeeper;
  readonly saver: RevisionSaver;
  readonly presence: PresenceBeat;
  readonly askToSignIn: () => void;
  private readonly unsubscribe: () => void;
  private readonly savedListeners = new Set<(saved: Saved) => void>();

  constructor(ports: SessionPorts) {
    const { user, image, server, desk } = ports;
    this.user = user;
    this.image = image;
    this.server = server;
    this.askToSignIn = ports.askToSignIn;
    this.source = new EditorSource(
      ports.editor,
      ports.activity,
      ports.parentRevision,
      ports.answerReason,
    );
    this.keeper = new DraftKeeper({
      user,
      image,
      tab: desk.tab,
      source: this.source,
      server,
      local: desk.local,
    });
    this.saver = new RevisionSaver({
      keeper: this.keeper,
      server,
      onSaved: (saved) => {
        this.source.savedAs(saved.revision.revision, saved.unchanged);
        ports.onSaved(saved);
        for (const listener of [...this.savedListeners]) listener(saved);
      },
    });
    this.presence = new PresenceBeat({ server, visible: () => !document.hidden });
    this.unsubscribe = this.keeper.state.subscribe(() =>
      this.presence.setEditing(this.keeper.state.get().phase !== 'clean'),
    );
  }

  /** Saves an old revision's pixels as the newest revision; the editor does not have them yet. */
  restore(revision: number, parent: number, key: string): Promise<Revision> {
    return this.server.restore(revision, parent, this.source.seconds, key);
  }

  /** Calls the listener for every revision created from the drawing. */
  onSaved(listener: (saved: Saved) => void): () => void {
    this.savedListeners.add(listener);
    return () => this.savedListeners.delete(listener);
  }

  /** The network is back. */
  hurry(): void {
    this.keeper.hurry();
    this.saver.hurry();
  }

  /** The same person has signed in again. */
  resume(): void {
    this.keeper.resume();
    this.saver.resume();
    this.presence.look();
  }

  /** Another image is opened: unsent changes are still sent in the background. */
  close(): void {
    this.unsubscribe();
    this.presence.stop();
    this.keeper.detach();
    this.source.close();
  }
}
