import { t } from '@lingui/core/macro';
import { newIdempotencyKey } from '../api/client';
import { ApiError, messageOf } from '../api/problem';
import type { Job, JobNews } from '../api/types';
import { folderOf, pathIn } from './droppedFiles';
import { Entries, type Entry } from './entries';
import { judgeFile, readHead } from './fileChecks';
import type { Sending, SendOptions } from './transport';
import {
  isOver,
  isProblem,
  type KeptUpload,
  stateOfJob,
  type Upload,
  type UploadKeeper,
} from './upload';

export interface QueuePorts {
  send: (options: SendOptions) => Sending;
  /** The project for files dropped now; null for the person's only project. */
  project: () => string | null;
  /** @param path the file's name, preceded by the folders it was dropped with */
  caseFor: (path: string) => string | null;
  fetchJob: (id: string) => Promise<Job>;
  cancelJob: (id: string) => Promise<void>;
  retryJob: (id: string) => Promise<Job>;
  maxBytes?: () => number | undefined;
  parallel?: number;
  /** Delays before the 2nd, 3rd, … attempt to send. */
  backoffMs?: readonly number[];
  /** Polling interval for the positions of queued jobs, as events report only one's own jobs. */
  pollMs?: number;
}

const BACKOFF_MS = [1_000, 3_000, 8_000, 20_000, 30_000] as const;
/** Number of events kept for jobs whose POST has not been answered yet. */
const MAX_EARLY_NEWS = 200;
const POLL_MS = 2_500;
/** Used if the server does not say when to retry. */
const HOLD_SECONDS = 10;
/** Later positions of a long queue do not change soon. */
const MAX_POLLED = 10;

/** Sends files a few at a time and follows their jobs until they end. */
export class UploadQueue {
  private readonly entries = new Entries(() => this.watchQueue());
  private readonly earlyNews = new Map<string, JobNews>();
  private poll: ReturnType<typeof setTimeout> | undefined;
  private hold: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ports: QueuePorts) {}

  readonly subscribe = this.entries.subscribe;

  /** All uploads of this tab, oldest first; the same array until something changes. */
  readonly snapshot = (): readonly Upload[] => this.entries.list;

  /** Stores unfinished uploads while the page is closed, and restores those that were stored. */
  keepIn(keeper: UploadKeeper | null, kept: readonly KeptUpload[] = []): void {
    this.entries.keepIn(keeper, kept);
    void this.refetch();
  }

  async add(files: readonly File[]): Promise<void> {
    const added = files.map((file) => this.entries.chosenAgain(file) ?? this.enter(file));
    this.entries.publish();
    for (const entry of added) {
      this.entries.keep(entry);
      const { file } = entry;
      // A file that no longer exists cannot be read.
      const head = file ? await readHead(file).catch(() => null) : null;
      if (!file || !this.entries.get(entry.upload.key) || entry.upload.state.is !== 'waiting')
        continue;
      const verdict = head
        ? judgeFile(file, head, this.ports.maxBytes?.())
        : {
            ok: false as const,
            image: true,
            reason: t`This file cannot be read. It may have been moved.`,
          };
      if (!verdict.ok) {
        // Nobody chose it: folders of examinations also contain reports and tables.
        const aside = !verdict.image && entry.upload.folder !== null;
        this.entries.change(entry, { is: aside ? 'skipped' : 'refused', reason: verdict.reason });
      } else {
        entry.contentType = verdict.contentType;
        this.advance();
      }
    }
  }

  /** Lists a file that cannot be sent, with the reason. */
  refuse(name: string, reason: string): void {
    const entry = this.enter(new File([], name));
    this.entries.change(entry, { is: 'refused', reason });
  }

  /** Handles events of any job; those of other tabs and scripts are not shown. */
  hear(news: JobNews): void {
    const entry = this.entries.ofJob(news.id);
    if (entry) {
      this.follow(entry, news);
      return;
    }
    this.earlyNews.set(news.id, news);
    const oldest = this.earlyNews.keys().next().value;
    if (this.earlyNews.size > MAX_EARLY_NEWS && oldest) this.earlyNews.delete(oldest);
  }

  /** Fetches the state of every open job; called after events may have been missed. */
  async refetch(): Promise<void> {
    const open = this.entries.all.filter(({ upload }) => upload.jobId && !isOver(upload.state));
    await Promise.all(open.map((entry) => this.refetchOne(entry)));
  }

  async cancel(key: string): Promise<void> {
    const entry = this.entries.get(key);
    if (!entry || isOver(entry.upload.state)) return;
    clearTimeout(entry.timer);
    if (!entry.upload.jobId) {
      entry.sending?.abort();
      this.entries.change(entry, { is: 'cancelled' });
      this.advance();
      return;
    }
    try {
      await this.ports.cancelJob(entry.upload.jobId);
      this.entries.change(entry, { is: 'cancelled' });
    } catch (error) {
      this.entries.annotate(entry, messageOf(error));
    }
  }

  async retry(key: string): Promise<void> {
    const entry = this.entries.get(key);
    const state = entry?.upload.state;
    if (!entry || !state) return;
    if (state.is === 'held') {
      this.release();
      return;
    }
    if (state.is === 'failed' && state.retry === 'job' && entry.upload.jobId) {
      try {
        const job = await this.ports.retryJob(entry.upload.jobId);
        this.entries.change(entry, { is: 'queued', position: job.position });
        this.follow(entry, job);
      } catch (error) {
        this.entries.annotate(entry, messageOf(error));
      }
      return;
    }
    const sendable = (state.is === 'failed' && state.retry === 'send') || state.is === 'cancelled';
    if (!sendable) return;
    if (!entry.file) {
      this.entries.change(entry, { is: 'lost' });
      return;
    }
    // After a cancellation, the old key would return the cancelled job.
    if (entry.upload.jobId) entry.idempotencyKey = newIdempotencyKey();
    entry.attempts = 0;
    entry.upload = { ...entry.upload, jobId: null, note: null };
    this.entries.change(entry, { is: 'waiting' });
    this.advance();
  }

  /** Removes a finished upload from the list. */
  dismiss(key: string): void {
    this.entries.drop([key]);
  }

  /** Removes successful and cancelled uploads from the list; failed ones stay. */
  dismissFinished(): void {
    this.entries.drop(this.entries.keysWhere((state) => isOver(state) && !isProblem(state)));
  }

  dismissProblems(): void {
    this.entries.drop(this.entries.keysWhere(isProblem));
  }

  /** Retries everything that failed and can be retried. */
  async retryAll(): Promise<void> {
    await Promise.all(
      this.entries.keysWhere((state) => state.is === 'failed').map((key) => this.retry(key)),
    );
  }

  /** Retries pending attempts at once, as the network is back. */
  hurry(): void {
    for (const entry of this.entries.all) {
      if (entry.upload.state.is !== 'reconnecting') continue;
      clearTimeout(entry.timer);
      this.entries.change(entry, { is: 'waiting' });
    }
    this.advance();
  }

  /** Discards everything at sign-out: the next person must not see file names. */
  clear(): void {
    for (const entry of this.entries.all) {
      clearTimeout(entry.timer);
      entry.sending?.abort();
    }
    clearTimeout(this.poll);
    clearTimeout(this.hold);
    this.poll = this.hold = undefined;
    this.earlyNews.clear();
    this.entries.clear();
  }

  private enter(file: File): Entry {
    return this.entries.add(
      file,
      this.ports.project(),
      this.ports.caseFor(pathIn(folderOf(file), file.name)),
    );
  }

  private advance(): void {
    if (this.hold !== undefined) return;
    const all = this.entries.all;
    let free = (this.ports.parallel ?? 3) - all.filter((entry) => entry.sending).length;
    for (const entry of all) {
      if (free <= 0) return;
      if (entry.upload.state.is !== 'waiting' || !entry.contentType || entry.sending) continue;
      free -= 1;
      void this.transfer(entry);
    }
  }

  private async transfer(entry: Entry): Promise<void> {
    const { file } = entry;
    if (!file) return;
    entry.attempts += 1;
    this.entries.change(entry, { is: 'uploading', progress: 0 });
    const sending = this.ports.send({
      file,
      contentType: entry.contentType,
      idempotencyKey: entry.idempotencyKey,
      project: entry.project,
      name: file.name,
      case: entry.case,
      onProgress: (progress) => {
        if (entry.upload.state.is === 'uploading')
          this.entries.change(entry, { is: 'uploading', progress });
      },
      onKept: () => {
        entry.attempts = 1;
      },
    });
    entry.sending = sending;
    try {
      const job = await sending.answer;
      entry.sending = null;
      if (entry.upload.state.is === 'cancelled') void this.ports.cancelJob(job.id).catch(() => {});
      else this.accept(entry, job);
    } catch (error) {
      entry.sending = null;
      if (entry.upload.state.is !== 'cancelled') this.failSending(entry, error);
    }
    this.advance();
  }

  private release(): void {
    clearTimeout(this.hold);
    this.hold = undefined;
    for (const entry of this.entries.all) {
      if (entry.upload.state.is === 'held') this.entries.change(entry, { is: 'waiting' });
    }
    this.advance();
  }

  private accept(entry: Entry, job: Job): void {
    entry.upload = { ...entry.upload, jobId: job.id };
    // The server has it, including the case.
    entry.case = null;
    const early = this.earlyNews.get(job.id);
    this.earlyNews.delete(job.id);
    this.follow(entry, job);
    if (early) this.follow(entry, early);
  }

  private failSending(entry: Entry, error: unknown): void {
    if (error instanceof ApiError && error.status === 429) {
      // All files wait, as the next one would get the same answer. None is abandoned.
      entry.attempts = 0;
      this.entries.change(entry, { is: 'held', reason: error.message });
      clearTimeout(this.hold);
      const seconds = error.retryAfterSeconds ?? HOLD_SECONDS;
      this.hold = setTimeout(() => this.release(), seconds * 1000);
      return;
    }
    const transient = error instanceof ApiError && error.transient;
    const backoff = this.ports.backoffMs ?? BACKOFF_MS;
    const planned = backoff[entry.attempts - 1];
    if (!transient || planned === undefined) {
      const signedOut = error instanceof ApiError && error.status === 401;
      const retry = transient || signedOut ? 'send' : null;
      this.entries.change(entry, { is: 'failed', reason: messageOf(error), retry });
      return;
    }
    const asked = error.retryAfterSeconds === null ? 0 : error.retryAfterSeconds * 1000;
    this.entries.change(entry, { is: 'reconnecting', reason: error.message });
    entry.timer = setTimeout(
      () => {
        this.entries.change(entry, { is: 'waiting' });
        this.advance();
      },
      Math.max(planned, asked),
    );
  }

  private follow(entry: Entry, news: JobNews | Job): void {
    // An answer still in transit when the job ended is outdated; only a retry reopens a job.
    const was = entry.upload.state;
    if (isOver(was) && !(was.is === 'failed' && news.state === 'failed')) return;
    this.entries.change(entry, stateOfJob(news, was));
    // The job says whether a retry is offered; the event does not.
    if (news.state === 'failed' && !('links' in news)) void this.refetchOne(entry);
  }

  private async refetchOne(entry: Entry): Promise<void> {
    if (!entry.upload.jobId) return;
    try {
      this.follow(entry, await this.ports.fetchJob(entry.upload.jobId));
    } catch (error) {
      if (error instanceof ApiError && error.status === 404 && !isOver(entry.upload.state)) {
        this.entries.change(entry, {
          is: 'failed',
          reason: t`The server no longer knows this job.`,
          retry: 'send',
        });
      }
      // Otherwise the next reconnection fetches it again.
    }
  }

  private watchQueue(): void {
    const queued = () => this.entries.all.filter(({ upload }) => upload.state.is === 'queued');
    if (this.poll !== undefined || queued().length === 0) return;
    this.poll = setTimeout(async () => {
      await Promise.all(
        queued()
          .slice(0, MAX_POLLED)
          .map((entry) => this.refetchOne(entry)),
      );
      this.poll = undefined;
      this.watchQueue();
    }, this.ports.pollMs ?? POLL_MS);
  }
}
