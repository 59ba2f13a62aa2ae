// The names used in correction code for the shapes of the HTTP contract, see api/types.ts.
import type { components } from '../api/schema';

type Schemas = components['schemas'];

/** A reader's conclusion about an image. */
export type Assessment = Schemas['Assessment'];

/** The content of a drawing besides the lesion of each pixel; omitted if empty. */
export type Said = Partial<
  Pick<
    Schemas['Labels'],
    'overlays' | 'classes' | 'attributes' | 'image_attributes' | 'measurements' | 'note' | 'kept'
  >
>;

/** A drawing on the wire: row-major runs [label, length, …], names by label. */
export type Labels = Omit<Schemas['Labels'], keyof Said> & Said;

/** `force` overwrites another tab's draft; if omitted, nothing is overwritten. */
export type DraftBody = Omit<Schemas['NewDraft'], 'force' | 'labels'> & {
  labels: Labels;
  force?: boolean;
};
export type DraftDetails = Omit<Schemas['DraftDetails'], 'labels'> & { labels: Labels };
export type DraftSaved = Schemas['DraftSaved'];
export type RevisionBody = Omit<Schemas['NewMask'], 'labels'> & { labels: Labels };
export type Revision = Schemas['MaskSummary'];

/** Someone else who has the image open. */
export type PresentPerson = Schemas['PresentPerson'];
