import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Modal, Select, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { drawingQuery } from '../editing/drawings';
import { useEditing } from '../editing/EditorContext';
import { revisionNumber } from '../editing/revisionNumber';
import { encodeRuns, type LabelMap } from '../editor';
import { currentLanguage, fixed } from '../language/language';
import { differenceOf } from './core/difference';
import { alignLesions } from './core/mergeSaid';
import { authorOf } from './correctedImage';
import { DrawingPane } from './DrawingPane';
import classes from './HistoryPanel.module.css';
import { MINE, THEIRS, tintOf } from './tint';
import type { Revision } from './wire';

interface Props {
  revision: Revision | null;
  masks: readonly Revision[];
  onClose: () => void;
}

const nameOf = (masks: readonly Revision[], one: Revision) =>
  t`Revision ${revisionNumber(masks, one.revision)}, ${authorOf(one)}`;

/** Two revisions side by side; pixels that only one of them has are coloured. */
export function CompareDialog({ revision, masks, onClose }: Props) {
  return (
    <Modal
      opened={revision !== null}
      onClose={onClose}
      size="min(1240px, 94vw)"
      title={revision ? t`${nameOf(masks, revision)} compared` : ''}
    >
      {revision ? <Compare revision={revision} masks={masks} /> : null}
    </Modal>
  );
}

function Compare({ revision, masks }: { revision: Revision; masks: readonly Revision[] }) {
  const others = masks.filter((one) => one !== revision);
  const first = others.find((one) => one.revision === revision.parent_revision) ?? others[0];
  const [chosen, setChosen] = useState(first?.revision ?? null);
  const other = others.find((one) => one.revision === chosen) ?? null;
  if (!other)
    return (
      <Text size="sm">
        <Trans>There is no other revision to compare with.</Trans>
      </Text>
    );
  return (
    <>
      <Select
        label={t`With`}
        maw={340}
        allowDeselect={false}
        data={others.map((one) => ({ value: String(one.revision), label: nameOf(masks, one) }))}
        value={String(other.revision)}
        onChange={(value) => setChosen(Number(value))}
      />
      <SideBySide
        key={other.revision}
        left={other}
        right={revision}
        names={{ left: nameOf(masks, other), right: nameOf(masks, revision) }}
      />
    </>
  );
}

function SideBySide(props: {
  left: Revision;
  right: Revision;
  names: { left: string; right: string };
}) {
  const { left, right, names } = props;
  const { imageId, frame } = useEditing();
  const before = useQuery(drawingQuery(imageId, left)).data ?? null;
  const after = useQuery(drawingQuery(imageId, right)).data ?? null;
  const shown = useMemo(() => {
    if (!before || !after) return null;
    const aligned = alignLesions(before, after).map;
    return {
      before: tintOf(before.map, aligned, THEIRS),
      after: tintOf(aligned, before.map, MINE),
      difference: differenceOf(coded(before.map), coded(aligned)),
    };
  }, [before, after]);
  if (!frame) return null;
  const { added = 0, removed = 0, dice = 1 } = shown?.difference ?? {};
  return (
    <>
      <div className={classes.panes} data-testid="compare-dialog">
        <DrawingPane
          title={names.left}
          label={t`${names.left}: only here: amber`}
          frame={frame}
          overlay={shown?.before ?? null}
        />
        <DrawingPane
          title={names.right}
          label={t`${names.right}: only here: blue`}
          frame={frame}
          overlay={shown?.after ?? null}
        />
      </div>
      <Text size="sm" role="status">
        {shown
          ? t`${added.toLocaleString(currentLanguage())} px only right, ${removed.toLocaleString(currentLanguage())} px only left, Dice ${fixed(dice, 3)}`
          : t`Loading…`}
      </Text>
    </>
  );
}

const coded = (map: LabelMap) => ({
  width: map.width,
  height: map.height,
  runs: encodeRuns(map),
  names: {},
});
