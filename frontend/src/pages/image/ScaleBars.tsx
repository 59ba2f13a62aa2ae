import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import type { Spacing } from '../../api/types';
import { scaleBar } from '../../viewer/scaleBar';
import classes from './StageView.module.css';
import { useViewer } from './viewerStore';

/** Above this ratio the bar for one direction would mislead in the other. */
const ANISOTROPY = 1.01;
const MAX_CSS_PX = 150;

/** The scale on screen, or a statement that there is none. */
export function ScaleBars({ spacing }: { spacing: Spacing | null }) {
  const scale = useViewer((state) => state.view.scale / state.ratio);
  const shown = useViewer((state) => state.image !== null);
  const onSide = useViewer((state) => state.turn.quarters % 2 === 1);
  if (!shown) return null;
  if (!spacing)
    return (
      <div className={classes.scale} data-scale="across">
        <Trans>Pixel spacing unknown</Trans>
      </div>
    );
  const { row, column } = spacing;
  const [along, down] = onSide ? [row, column] : [column, row];
  const across = scaleBar(along, scale, MAX_CSS_PX);
  if (!across) return null;
  const ratio = Math.max(row / column, column / row);
  const upright = ratio > ANISOTROPY ? scaleBar(down, scale, MAX_CSS_PX) : null;
  return (
    <>
      <div className={classes.scale} data-scale="across">
        <span>{upright ? t`${across.label} across, ${upright.label} down` : across.label}</span>
        <span className={classes.bar} style={{ width: across.length }} />
      </div>
      {upright ? (
        <span className={classes.upright} data-scale="down" style={{ height: upright.length }} />
      ) : null}
    </>
  );
}
