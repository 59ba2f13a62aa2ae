import { Link } from '@tanstack/react-router';
import classes from './ImagePairs.module.css';

/** One frame with two outlines, side by side. */
export interface Pair {
  key: string;
  imageId: string;
  frame: number;
  /** Addresses of the two outlines, left and right. */
  outlines: readonly [string, string];
  caption: string;
}

/** Frames with two outlines each, linked to their images. */
export function ImagePairs({ pairs, className }: { pairs: readonly Pair[]; className?: string }) {
  return (
    <ol className={[classes.list, className].filter(Boolean).join(' ')}>
      {pairs.map(({ key, imageId, frame, outlines, caption }) => (
        <li key={key}>
          <Link to="/ui/images/$imageId" params={{ imageId }}>
            <span className={classes.pair}>
              {outlines.map((outline) => (
                <span key={outline} className={classes.picture}>
                  <img src={`/images/${imageId}/frames/${frame}/pixels`} alt="" loading="lazy" />
                  <img src={outline} alt="" loading="lazy" />
                </span>
              ))}
            </span>
            {caption}
          </Link>
        </li>
      ))}
    </ol>
  );
}
