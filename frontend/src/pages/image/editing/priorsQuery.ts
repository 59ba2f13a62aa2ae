import { queryOptions } from '@tanstack/react-query';
import { fetchImages } from '../../../api/images';
import type { ImageDetail, ImageItem } from '../../../api/types';

/** The number fetched in one request; a patient seldom has more. */
const MOST = 100;

/** Earlier images of the same patient, newest first; empty if the patient is not known. */
export const priorsQuery = (image: ImageDetail | null) =>
  queryOptions({
    queryKey: ['priors', image?.id ?? null],
    queryFn: async ({ signal }): Promise<ImageItem[]> => {
      if (!image?.subject) return [];
      // The pseudonym is sent in a header, as for every search.
      const page = await fetchImages({ sort: 'newest', limit: MOST }, image.subject.code, signal);
      return page.items.filter(
        ({ id, subject, created_at }) =>
          id !== image.id &&
          subject?.code === image.subject?.code &&
          created_at <= image.created_at,
      );
    },
    enabled: image !== null && image.subject !== null,
    staleTime: 60_000,
  });
