// The project of lists, counts and uploads. Anything with an id belongs to one project already.
import type { SessionUser } from './types';

type Listener = () => void;

let current: string | null = null;
const listeners = new Set<Listener>();

const storeKey = (userId: string) => `sonoloop.project.${userId}`;

/** The project in use; null if the person has only one, which requests then need not name. */
export const currentProject = (): string | null => current;

export function onProject(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function set(id: string | null): void {
  if (id === current) return;
  current = id;
  for (const listener of listeners) listener();
}

/** Selects the project that this person last used in this browser, or their first one. */
export function chooseProject(user: SessionUser | null): void {
  if (!user || user.projects.length < 2) {
    set(null);
    return;
  }
  const known = (id: string | null) => user.projects.some((project) => project.id === id);
  if (known(current)) return;
  const before = localStorage.getItem(storeKey(user.id));
  set(known(before) ? before : (user.projects[0]?.id ?? null));
}

/** Switches to another project, and remembers it for this person's next visit. */
export function enterProject(user: SessionUser, id: string): void {
  if (user.projects.length < 2) return;
  localStorage.setItem(storeKey(user.id), id);
  set(id);
}

/** Switches to the project of an image that was opened by its address. */
export function followTo(id: string): void {
  if (current !== null) set(id);
}

/** Addresses that concern one project and contain no id from which it follows. */
const OF_A_PROJECT = new Set([
  '/agreement',
  '/bulk-acts',
  '/deleted-images',
  '/bundles',
  '/deployments',
  '/deployments/rollback',
  '/drift',
  '/effort',
  '/evaluations',
  '/exports',
  '/exports/preview',
  '/images',
  '/imports',
  '/jobs',
  '/pool',
  '/project-job-counts',
  '/project-jobs',
  '/promotion-requests',
  '/queues',
  '/readers',
  '/readings',
  '/readings/distribute',
  '/reruns',
  '/segment',
  '/shadow',
  '/text-search',
  '/training-runs',
  '/uploads',
  '/version-effort',
  '/version-effort/most-corrected',
  '/training-readiness',
]);

/** The role of a model in a project. */
const OF_A_MODEL = /^\/models\/[^/]+\/[^/]+\/(classes|gate)$/;

/** The query parameter that names the project of an address, if it needs one. */
export const projectQuery = (path: string): { project?: string } =>
  current && (OF_A_PROJECT.has(path) || OF_A_MODEL.test(path)) ? { project: current } : {};
