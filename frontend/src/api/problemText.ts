import { t } from '@lingui/core/macro';
import { currentLanguage } from '../language/language';
import type { Problem } from './types';

/**
 * Sentences for the codes of problems that readers encounter. The API's own sentences are English and
 * more exact; in other languages these replace them, with the figures that the problem carries.
 */
const TEXTS: Record<string, () => string> = {
  // Permissions.
  'not-signed-in': () => t`Your session has ended. Sign in again; what you drew is kept.`,
  'wrong-credentials': () => t`Email or password is wrong, or the account is not active.`,
  'wrong-password': () => t`The password is wrong.`,
  'role-missing': () => t`Your role does not allow this; ask an administrator.`,
  'no-project': () => t`You do not belong to a project yet; ask an administrator to add you.`,
  'not-owner': () => t`Only the image’s owner or an administrator can delete it.`,
  'others-work': () =>
    t`Somebody else has saved a revision on this image; only an administrator can delete it.`,
  'own-reading': () => t`Nobody approves their own work here; ask another reviewer to do it.`,
  'not-author': () => t`Only the person who did this can take it back.`,
  'not-found': () => t`This does not exist, or you may not see it.`,
  'link-gone': () => t`This link has already been used or has expired; ask for a new one.`,
  'member-by-group': () =>
    t`This person is a member through a group; remove them from the group, or the group from the project.`,
  'role-by-group': () =>
    t`A group gives this person a higher role; remove them from the group first.`,
  oneself: () => t`Nobody changes their own role; ask another administrator.`,
  // Conflicts with other people's changes.
  'stale-revision': () =>
    t`Somebody saved a newer revision while you were drawing. Nothing was overwritten: compare the two and save yours on top.`,
  'scale-changed': () =>
    t`Somebody changed the scale of this picture while you looked at it. Close this and look at it again.`,
  'draft-changed': () =>
    t`This drawing was changed in another tab or browser. Load the image again.`,
  approved: () => t`This image is approved; a reviewer can return it to have it changed.`,
  submitted: () => t`You submitted this image; withdraw it first to change it.`,
  'in-review': () => t`This image was submitted and waits for a reviewer.`,
  'not-submitted': () =>
    t`This image is not waiting for review; it may have been withdrawn, returned or approved in the meantime. Load it again.`,
  'blind-open': () =>
    t`Another blinded reader is still working and must not know about this; wait until both have submitted.`,
  'reading-begun': () =>
    t`This reading contains a drawing; release the reading to continue without it.`,
  'too-late': () => t`Somebody has worked on this image since, so it stays as it is.`,
  archived: () => t`An archived image is not read; take it out of the archive first.`,
  'name-taken': () => t`This name is taken; choose another one.`,
  // Limits.
  'too-many-images': () => t`Too many images match for one step; narrow the list.`,
  'too-many-requests': () => t`Too many requests; wait a moment.`,
  'too-many-queued': () =>
    t`You have reached the limit of waiting jobs per person. Send this again when some are done.`,
  'too-much-queued': () =>
    t`You have reached the limit of waiting uploads per person. Send this again when some are done.`,
  'too-much-stored': () =>
    t`You have reached the storage limit per person. Delete something, or ask your administrator for more room.`,
  'larger-than-quota': () =>
    t`This alone is larger than all that one person may store here. Send it in parts, or ask your administrator for more room.`,
  'site-full': () =>
    t`This site already stores as much as its administrator allows. Nothing was stored; send it again when there is room.`,
  'storage-full': () => t`The server’s disk is full. Nothing was stored; tell an administrator.`,
  'too-large': () => t`This is larger than the server accepts.`,
  // Files that cannot be used.
  'file-too-large': () => t`The file is larger than the server accepts; send a smaller one.`,
  'image-too-large': () => t`The image has more pixels than the server accepts.`,
  'too-many-frames': () =>
    t`The cine has too many frames; cut out the part of interest and send that.`,
  'empty-file': () => t`The file is empty.`,
  'damaged-file': () =>
    t`The file is damaged and cannot be decoded; export it again from its source.`,
  'truncated-file': () => t`The file ends before the image does; export it again from its source.`,
  'decoder-stopped': () => t`The file cannot be decoded; export it again, as PNG if possible.`,
  'decoding-too-slow': () => t`Decoding this file takes too long; send a smaller one.`,
  'unsupported-format': () => t`This is not an image that the server can read.`,
  'unsupported-transfer-syntax': () =>
    t`The server cannot decode how this DICOM file is compressed; export it uncompressed.`,
  'unsupported-pixel-format': () =>
    t`The server cannot read pixels of this kind; export it as PNG.`,
  'no-dicom-header': () => t`This is not a complete DICOM file; export it again from its source.`,
  'no-pixels': () => t`The file holds no picture.`,
  'several-pages': () => t`The file has several pages; send each as a file of its own.`,
  'several-frames': () => t`The file has several frames where one image was expected.`,
  'animated-image': () => t`The file is an animation; send a cine as DICOM or video.`,
  // Failed jobs.
  'job-gave-up': () =>
    t`The worker stopped several times while it worked on this. If it happens again, tell your administrator.`,
  'processing-failed': () =>
    t`This could not be processed; try again, and tell your administrator if it happens again.`,
  'took-too-long': () => t`This took longer than a job may take; send less at once.`,
  'too-much-memory': () => t`This needs more memory than a job may use; send less at once.`,
  'model-unavailable': () => t`The model cannot be used at the moment; tell your administrator.`,
  'model-broken': () =>
    t`The model’s answer to this image is not a number, so it has no result. Choose another model, or tell your administrator.`,
  'trailing-data': () =>
    t`The file holds other data behind the image; save the image again by itself.`,
  'internal-error': () =>
    t`Something went wrong on the server. Give the request id to your administrator.`,
  'invalid-request': () =>
    t`Something that was entered is not valid; correct it and send it again.`,
  'image-deleted': () => t`The image was deleted meanwhile.`,
};

/** Adds texts of further codes; in English the API's own sentences are shown. */
export function learnTexts(more: Record<string, () => string>): void {
  Object.assign(TEXTS, more);
}

/** Whether the pages have a text of their own for a code. */
export const says = (code: string | undefined): boolean => code !== undefined && code in TEXTS;

/** The problem in the language of the pages; null if only the API has a text for it. */
export function problemText(problem: Partial<Problem> | null | undefined): string | null {
  if (!problem) return null;
  const text = TEXTS[problem.code ?? '']?.() ?? null;
  return currentLanguage() === 'en' ? (problem.detail ?? text) : text;
}
