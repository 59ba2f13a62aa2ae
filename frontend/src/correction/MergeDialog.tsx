import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, Modal, SegmentedControl, Text } from '@mantine/core';
import { type KeyboardEvent, useId, useMemo, useState } from 'react';
import { useEditing } from '../editing/EditorContext';
import { useEditorState } from '../editing/useEditorState';
import type { Box, EditorClass } from '../editor';
import { comma, currentLanguage } from '../language/language';
import type { Region, Take } from './core/merge';
import { DrawingPane } from './DrawingPane';
import classes from './MergeDialog.module.css';
import type { MergeRequest } from './mergeRequest';
import { BOTH, MINE, OVERLAP, THEIRS, tinted, tintOf } from './tint';
import { type KeptBy, type SharedPixels, useMerge } from './useMerge';

const TAKES: { value: Take; label: string; key: string }[] = [
  { value: 'mine', label: t`Mine`, key: '1' },
  { value: 'theirs', label: t`Theirs`, key: '2' },
  { value: 'union', label: t`Both combined`, key: '3' },
  { value: 'intersection', label: t`Only where both agree`, key: '4' },
];

interface Props {
  request: MergeRequest | null;
  onClose: () => void;
}

/** Two drawings of one image side by side, to be merged without losing either. */
export function MergeDialog({ request, onClose }: Props) {
  return (
    <Modal
      opened={request !== null}
      onClose={onClose}
      title={t`Two drawings of this image`}
      fullScreen
      radius={0}
      classNames={{ content: classes.content, body: classes.body }}
    >
      {request ? <Merge request={request} onClose={onClose} /> : null}
    </Modal>
  );
}

function Merge({ request, onClose }: { request: MergeRequest; onClose: () => void }) {
  const { frame, editor } = useEditing();
  const known = useEditorState(editor, (state) => state.classes, NO_CLASSES);
  const merging = useMerge(request, known);
  const { sides, regions, selected, result } = merging;
  const [near, setNear] = useState(true);
  const region = selected === null ? null : (regions[selected] ?? null);
  const overlays = useMemo(
    () => ({
      mine: tintOf(sides.mine, sides.theirs, MINE),
      theirs: tintOf(sides.theirs, sides.mine, THEIRS),
      base: tintOf(sides.base, sides.base, MINE),
    }),
    [sides],
  );
  const { map, overlaps } = merging;
  const open = overlaps.filter(({ keptBy }) => keptBy === null);
  const openKeys = open.map(({ key }) => key).join();
  const merged = useMemo(() => {
    const undecided = new Set(openKeys.split(','));
    return tinted(map.width, map.height, [RESULT, OVERLAP], (index) => {
      if ((map.data[index] ?? 0) === 0) return -1;
      return undecided.has(merging.overlapAt(index)) ? 1 : 0;
    });
  }, [map, openKeys, merging.overlapAt]);
  if (!frame) return null;
  const view = near && region ? around(region, frame) : null;
  const finish = (chosen: typeof result) => {
    if (typeof chosen === 'string') return;
    request.finish(chosen);
    onClose();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const take = TAKES.find(({ key }) => key === event.key);
    if (take) merging.choose(take.value);
    else if (event.key === 'ArrowDown') merging.select((selected ?? -1) + 1);
    else if (event.key === 'ArrowUp') merging.select((selected ?? 1) - 1);
    else if (event.key === '0') setNear(!near);
    else return;
    event.preventDefault();
  };
  const pane = { frame, view, mark: region?.box ?? null, onPick: merging.regionAt };

  return (
    <div className={classes.root} onKeyDownCapture={onKey} data-testid="merge-dialog">
      <div className={classes.panes}>
        <DrawingPane
          {...pane}
          title={
            <>
              <Swatch colour="#5cc8ff" /> {request.mine.title}
            </>
          }
          label={t`${request.mine.title}: only here: blue`}
          overlay={overlays.mine}
        />
        <DrawingPane
          {...pane}
          title={
            <>
              <Swatch colour="#f2b84b" /> {request.theirs.title}
            </>
          }
          label={t`${request.theirs.title}: only here: amber`}
          overlay={overlays.theirs}
        />
        <DrawingPane
          {...pane}
          title={request.base ? t`Both started from: ${request.base.title}` : t`Image`}
          label={request.base ? t`What both started from` : t`The image alone`}
          overlay={request.base ? overlays.base : null}
        />
        <DrawingPane {...pane} title={t`Result`} label={t`What will be kept`} overlay={merged} />
      </div>
      <aside className={classes.side} aria-label={t`Decisions`}>
        {regions.length === 0 ? (
          <Text size="sm">
            <Trans>Both drawings have the same outlines.</Trans>
          </Text>
        ) : (
          <>
            <Text size="sm" id="merge-regions">
              {plural(regions.length, {
                one: 'They differ in one area.',
                other: 'They differ in # areas.',
              })}
            </Text>
            <RegionList merging={merging} />
            <SegmentedControl
              orientation="vertical"
              fullWidth
              aria-label={t`Which one to keep here`}
              data={TAKES.map(({ value, label, key }) => ({
                value,
                label: `${label}  (${key})`,
              }))}
              value={region ? (merging.takes.get(region.number) ?? '') : ''}
              onChange={(value) => merging.choose(value as Take)}
            />
            {overlaps
              .filter((one) => one.region === region?.number)
              .map((one) => (
                <OverlapChoice key={one.key} overlap={one} onKeep={merging.keep} />
              ))}
            <Button size="compact-sm" variant="subtle" onClick={() => setNear(!near)}>
              {near ? t`Show the whole image (0)` : t`Zoom to this area (0)`}
            </Button>
          </>
        )}
        {merging.layersDiffer ? (
          <Text size="xs" c="dimmed">
            <Trans>
              Overlapping lesions are not shown here: for each class, the lesions that one of you
              changed are kept, and yours if both did.
            </Trans>
          </Text>
        ) : null}
        <div className={classes.finish}>
          <Text size="xs" c="dimmed" role="status">
            {typeof result === 'string' ? result : t`Everything is decided.`}
          </Text>
          <Button disabled={typeof result === 'string'} onClick={() => finish(result)}>
            {request.action}
          </Button>
          <Group gap="xs" grow>
            <Button
              variant="default"
              size="xs"
              h="auto"
              mih={40}
              classNames={{ label: classes.wrap }}
              onClick={() => finish(merging.whole('mine'))}
            >
              <Trans>Keep mine</Trans>
            </Button>
            <Button
              variant="default"
              size="xs"
              h="auto"
              mih={40}
              classNames={{ label: classes.wrap }}
              onClick={() => finish(merging.whole('theirs'))}
            >
              <Trans>Keep theirs</Trans>
            </Button>
          </Group>
          <Button variant="subtle" color="gray" onClick={onClose}>
            <Trans>Later</Trans>
          </Button>
        </div>
      </aside>
    </div>
  );
}

const RESULT = BOTH;
const NO_CLASSES: readonly EditorClass[] = [];

function Swatch({ colour }: { colour: string }) {
  return <span className={classes.swatch} style={{ background: colour }} aria-hidden="true" />;
}

/** The choice of which of two classes keeps the pixels that a merge would give to both. */
function OverlapChoice(props: {
  overlap: SharedPixels;
  onKeep: (overlap: SharedPixels, side: KeptBy) => void;
}) {
  const { overlap, onKeep } = props;
  const { myClass, theirClass, keptBy } = overlap;
  const id = useId();
  const pixels = overlap.pixels.toLocaleString(currentLanguage());
  return (
    <fieldset aria-labelledby={id} className={classes.overlap} data-open={keptBy === null}>
      <Text id={id} size="xs" mb={8}>
        <Trans>
          {pixels} px would be {myClass.name} and {theirClass.name}, which may not overlap. Which
          one keeps them?
        </Trans>
      </Text>
      <Button.Group orientation="vertical">
        {(['mine', 'theirs'] as const).map((side) => {
          const one = side === 'mine' ? myClass : theirClass;
          return (
            <Button
              key={side}
              size="xs"
              variant={keptBy === side ? 'filled' : 'default'}
              aria-pressed={keptBy === side}
              leftSection={<Swatch colour={one.colour} />}
              onClick={() => onKeep(overlap, side)}
            >
              {one.name}
            </Button>
          );
        })}
      </Button.Group>
    </fieldset>
  );
}

function RegionList({ merging }: { merging: ReturnType<typeof useMerge> }) {
  const { regions, selected, takes, overlaps } = merging;
  const contested = new Set(
    overlaps.filter(({ keptBy }) => keptBy === null).map(({ region }) => region),
  );
  const place = selected === null ? undefined : regions[selected];
  return (
    <div
      className={classes.regions}
      role="listbox"
      tabIndex={0}
      aria-labelledby="merge-regions"
      aria-activedescendant={place ? `merge-region-${place.number}` : undefined}
      data-autofocus
    >
      {regions.map((region, index) => {
        const take = takes.get(region.number);
        return (
          <div
            key={region.number}
            id={`merge-region-${region.number}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === selected}
            className={classes.region}
            data-open={take === undefined || contested.has(region.number)}
            onClick={() => merging.select(index)}
            onKeyDown={(event) => event.key === 'Enter' && merging.select(index)}
          >
            <span>{sizes(region)}</span>
            <b>
              {(contested.has(region.number)
                ? null
                : TAKES.find(({ value }) => value === take)?.label) ?? t`to decide`}
            </b>
          </div>
        );
      })}
    </div>
  );
}

function sizes({ onlyMine, onlyTheirs, relabelled }: Region): string {
  const parts = [
    onlyMine > 0 ? t`${onlyMine.toLocaleString(currentLanguage())} px only mine` : '',
    onlyTheirs > 0 ? t`${onlyTheirs.toLocaleString(currentLanguage())} px only theirs` : '',
    relabelled > 0 ? t`${relabelled.toLocaleString(currentLanguage())} px another lesion` : '',
  ];
  return parts.filter(Boolean).join(comma());
}

/** The region with a margin as large as itself, but never too close for a doctor to judge. */
function around({ box }: Region, frame: ImageData): Box {
  const side = Math.max(box.width, box.height) * 2;
  const width = Math.min(frame.width, Math.max(side, 96));
  const height = Math.min(frame.height, Math.max(side, 96));
  const clamp = (value: number, most: number) => Math.max(0, Math.min(most, Math.round(value)));
  return {
    left: clamp(box.left + box.width / 2 - width / 2, frame.width - width),
    top: clamp(box.top + box.height / 2 - height / 2, frame.height - height),
    width,
    height,
  };
}
