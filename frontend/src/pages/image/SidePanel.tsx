import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Skeleton, Tabs } from '@mantine/core';
import { memo, type ReactNode, type RefObject, useCallback, useEffect, useState } from 'react';
import type { ImageDetail, Mask } from '../../api/types';
import { lazily } from '../../components/lazily';
import { missingStore } from '../../editing/missing';
import { useStore } from '../../editing/useEditorState';
import type { Editor } from '../../editor';
import { withWords } from '../../language/withWords';
import type { Stage } from '../../viewer/stage';
import { Findings } from './Findings';
import { ImageActions } from './ImageActions';
import { pinStore } from './pins/pinStore';
import { usePins } from './pins/usePins';
import type { Possible } from './possible/usePossible';
import type { Redaction } from './redaction/useRedaction';
import classes from './SidePanel.module.css';

const ImageFacts = lazily(
  async () => (await withWords('panels', () => import('./ImageFacts'))).ImageFacts,
);
const PinPanel = lazily(
  async () => (await withWords('panels', () => import('./pins/PinPanel'))).PinPanel,
);

interface Props {
  imageId: string;
  image: ImageDetail | null;
  /** The image could not be loaded; the page shows the error. */
  failed: boolean;
  /** The revision from which the drawing started, or the one being viewed. */
  mask: Mask | null;
  /** The drawing, or the stored revision being viewed. */
  shown: Editor | null;
  stage: RefObject<Stage | null>;
  /** Lesions that the model suggests without outlining them. */
  possible: Possible;
  redaction: Redaction;
  /** Who drew what and when. */
  history: ReactNode;
  opened: boolean;
  onDeleted: () => void;
  onFrame: (frame: number) => void;
}

export const SidePanel = memo(function SidePanel(props: Props) {
  const { imageId, image, mask, shown, stage, possible, redaction, history, opened, onFrame } =
    props;
  // A panel is mounted when first opened and then keeps what was typed into it.
  const [[tab, ...before], setTabs] = useState<[string, ...string[]]>(['findings']);
  const open = useCallback(
    (next: string) => setTabs((tabs) => [next, ...tabs.filter((one) => one !== next)]),
    [],
  );
  const kept = (panel: string) => panel === tab || before.includes(panel);
  const asked = useStore(missingStore, (state) => state.times, 0);
  useEffect(() => {
    if (asked > 0) open('findings');
  }, [asked, open]);
  useEffect(
    () =>
      pinStore.subscribe(() => {
        const { wanted, selected } = pinStore.get();
        if (wanted || selected) open('comments');
      }),
    [open],
  );
  const count = usePins(imageId).filter((pin) => pin.resolved_at === null).length;
  if (!image && props.failed) return null;
  if (!image) {
    return (
      <aside
        className={classes.root}
        data-opened={opened}
        aria-label={t`Findings`}
        aria-busy="true"
      >
        <div className={classes.loading}>
          <Skeleton height={22} width="55%" />
          <Skeleton height={92} />
          <Skeleton height={120} />
        </div>
      </aside>
    );
  }
  return (
    <aside className={classes.root} data-opened={opened} aria-label={t`Findings`}>
      <Tabs
        value={tab}
        onChange={(value) => open(value ?? 'findings')}
        keepMounted={false}
        className={classes.tabs}
        classNames={{ list: classes.tablist, panel: classes.scroll }}
      >
        <Tabs.List grow>
          <Tabs.Tab value="findings">
            <Trans>Findings</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="history">
            <Trans>History</Trans>
          </Tabs.Tab>
          <Tabs.Tab value="comments">
            <Trans>Comments</Trans>
            {count > 0 ? ` ${count}` : null}
          </Tabs.Tab>
          <Tabs.Tab value="image">
            <Trans>Image</Trans>
          </Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="findings" keepMounted>
          <Findings
            image={image}
            mask={mask}
            shown={shown}
            stage={stage}
            possible={possible}
            redaction={redaction}
            onFrame={onFrame}
          />
        </Tabs.Panel>
        <Tabs.Panel value="history" keepMounted={kept('history')}>
          {history}
        </Tabs.Panel>
        <Tabs.Panel value="comments" keepMounted={kept('comments')}>
          <PinPanel imageId={image.id} onFrame={onFrame} />
        </Tabs.Panel>
        <Tabs.Panel value="image" keepMounted={kept('image')}>
          <ImageFacts image={image} mask={mask} stage={stage} />
        </Tabs.Panel>
      </Tabs>
      <ImageActions image={image} onDeleted={props.onDeleted} />
    </aside>
  );
});
