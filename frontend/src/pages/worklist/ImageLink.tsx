import { Link } from '@tanstack/react-router';
import type { CSSProperties, ReactNode } from 'react';
import type { WorkItem } from '../../api/workflowTypes';
import { lastOpened } from './scrollPosition';
import { imageRoute, type WorklistSearch } from './search';

interface Props {
  item: WorkItem;
  index: number;
  search: WorklistSearch;
  className: string | undefined;
  style?: CSSProperties;
  children: ReactNode;
}

/** A real link, so that middle click, new tab and copying the address work as usual. */
export function ImageLink({ item, index, search, className, style, children }: Props) {
  return (
    <Link
      to={imageRoute(search)}
      params={{ imageId: item.id }}
      search={search}
      preload={false}
      className={className}
      {...(style ? { style } : {})}
      data-index={index}
      onClick={() => {
        lastOpened.id = item.id;
      }}
    >
      {children}
    </Link>
  );
}
