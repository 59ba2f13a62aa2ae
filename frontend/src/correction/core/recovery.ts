import type { CorrectionApi } from './correctionApi';
import { type Drawing, drawingOf, sameDrawing } from './drawing';
import type { LocalDraft, LocalDrafts } from './localDrafts';

/** A drawing that was not saved, found when its image was opened. */
export interface Candidate {
  from: 'server' | 'browser';
  drawing: Drawing;
  /** When it was last changed, ISO 8601. */
  at: string;
}

export interface Recovery {
  /** Different from each other and from the newest revision; newest first. */
  candidates: Candidate[];
  /** Version of the server's draft, which the next one follows; 0 for none. */
  version: number;
  /** The browser's records that are settled once the person has decided. */
  records: LocalDraft[];
}

export interface RecoveryPorts {
  user: string;
  image: string;
  server: Pick<CorrectionApi, 'fetchDraft'>;
  local: LocalDrafts;
  /** The content of the newest revision; null if there is none. */
  newest: Pick<Drawing, 'labels' | 'answer' | 'answerReason'> | null;
}

/** Unsaved work on an image in the browser and on the server. */
export async function findUnsaved(ports: RecoveryPorts): Promise<Recovery> {
  const { user, image, local, newest } = ports;
  const [draft, records] = await Promise.all([
    // Offline, only the browser's records are available; the server's draft is found when sending.
    ports.server.fetchDraft().catch((): undefined => undefined),
    // A browser without a database has nothing to restore.
    local.ofImage(user, image).catch((): LocalDraft[] => []),
  ]);
  const found: Candidate[] = records.map((record) => ({
    from: 'browser',
    drawing: record.drawing,
    at: record.at,
  }));
  if (draft) found.push({ from: 'server', drawing: drawingOf(draft), at: draft.updated_at });
  // The server's draft comes first among equals, as it makes the browser's record redundant.
  const order = found.sort(
    (a, b) => Date.parse(b.at) - Date.parse(a.at) || (a.from === 'server' ? -1 : 1),
  );
  const candidates: Candidate[] = [];
  for (const one of order) {
    const saved = newest !== null && sameAsRevision(one.drawing, newest);
    const twin = candidates.find((other) => sameDrawing(other.drawing, one.drawing));
    if (twin && one.from === 'server') twin.from = 'server';
    if (!saved && !twin) candidates.push(one);
  }
  const known = draft === undefined ? Math.max(0, ...records.map((one) => one.version)) : 0;
  const version = draft?.version ?? known;
  if (candidates.length > 0) return { candidates, version, records };
  await Promise.all(records.map((record) => local.remove(record, record.sequence)));
  return { candidates: [], version, records: [] };
}

/** A model's revision has no answer of its own; it depends on whether there are lesions. */
function sameAsRevision(
  drawing: Drawing,
  revision: Pick<Drawing, 'labels' | 'answer' | 'answerReason'>,
): boolean {
  const answer = revision.answer ?? 'lesions';
  return sameDrawing({ ...drawing, answer: drawing.answer ?? 'lesions' }, { ...revision, answer });
}
