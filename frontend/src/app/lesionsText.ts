import { plural } from '@lingui/core/macro';
import { comma } from '../language/language';

/** Outlines that are more likely not lesions are counted separately until someone decides. */
export function lesionsText(all: number, possible: number): string {
  const count = all - possible;
  const sure = plural(count, { one: '# lesion', other: '# lesions' });
  if (possible === 0) return sure;
  const doubted = plural(possible, { one: '# possible lesion', other: '# possible lesions' });
  return all === possible ? doubted : [sure, doubted].join(comma());
}
