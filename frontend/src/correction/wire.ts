// The names that correcting uses for the shapes of the HTTP contract, see api/types.ts.
import type { components } from '../api/schema';

type Schemas = components['schemas'];

/** A reader's conclusion about an image. */
export type Assessment = Schemas['Assessment'];

/** The content of a drawing besides the lesion of each pixel; left out where it is empty. */
export type Said = Partial<
  Pick<
    Schemas['Labels'],
    'overlays' | 'classes' | 'attributes' | 'image_attributes' | 'measurements' | 'note' | 'kept'
  >
>;

/** A drawing on the wire: row-major runs [label, length, …], names by label. */
export type Labels = Omit<Schemas['Labels'], keyof Said> & Said;

/** `force` writes over whatever another tab wrote; left out it does not. */
export type DraftBody = Omit<Schemas['NewDraft'], 'force' | 'labels'> & {
  labels: Labels;
  force?: boolean;
};
export type DraftDetails = Omit<Schemas['DraftDetails'], 'labels'> & { labels: Labels };
export type DraftSaved = Schemas['DraftSaved'];
export type RevisionBody = Omit<Schemas['NewMask'], 'labels'> & { labels: Labels };
export type Revision = Schemas['MaskSummary'];

/** Somebody else who has the image open. */
export type PresentPerson = Schemas['PresentPerson'];
