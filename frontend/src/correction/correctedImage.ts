import { t } from '@lingui/core/macro';
import { useQuery } from '@tanstack/react-query';
import type { ImageDetail } from '../api/types';
import { imageQuery } from '../editing/imageQueries';
import type { Revision } from './wire';

/** The details of an image, shared with the whole page. */
export const useCorrectedImage = (id: string): ImageDetail | null =>
  useQuery(imageQuery(id)).data ?? null;

/** The display name of a revision's author. */
export function authorOf(revision: Pick<Revision, 'source' | 'author' | 'model'>): string {
  if (revision.author) return revision.author.name;
  if (revision.model) return `${revision.model.name} ${revision.model.version}`;
  return revision.source === 'consensus' ? t`Consensus` : t`Unknown`;
}
