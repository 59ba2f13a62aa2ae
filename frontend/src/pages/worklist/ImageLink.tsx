import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { ImageItem } from '../../api/types';
import { lastOpened } from './place';
import type { WorklistSearch } from './search';

interface Props {
  item: ImageItem;
  index: number;
  search: WorklistSearch;
  className: string | undefined;
  children: ReactNode;
}

/** A real link, so that middle click, new tab and copying the address work as anywhere. */
export function ImageLink({ item, index, search, className, children }: Props) {
  return (
    <Link
      to="/ui/images/$imageId"
      params={{ imageId: item.id }}
      search={search}
      preload={false}
      className={className}
      data-index={index}
      onClick={() => {
        lastOpened.id = item.id;
      }}
    >
      {children}
    </Link>
  );
}
