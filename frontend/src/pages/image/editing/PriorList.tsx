import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ImageDetail } from '../../../api/types';
import { COMMANDS } from '../../../app/commands';
import { ariaKey, keyNameOf, keysOf, withKey } from '../../../app/ownKeys';
import { on, useShortcuts } from '../../../app/shortcuts';
import { Moment } from '../../../components/Moment';
import { useStore } from '../../../editing/useEditorState';
import type { Editor } from '../../../editor';
import { lesionText } from '../../worklist/itemText';
import { Section } from '../Section';
import classes from './PriorList.module.css';
import { priorStore, togglePrior } from './priorStore';
import { priorsQuery } from './priorsQuery';
import { NO_PRIOR, useCopyBefore } from './useCopyBefore';

/** Further ones can be found in the worklist by the patient's code. */
const MOST_SHOWN = 6;

interface Props {
  /** Key of an image or of one of its frames. */
  place: string;
  image: ImageDetail;
  editor: Editor | null;
  readOnly: boolean;
}

/** Earlier images of the patient: view one side by side, or copy its outlines. */
export function PriorList({ place, image, editor, readOnly }: Props) {
  const priors = useQuery(priorsQuery(image)).data ?? [];
  const shown = useStore(priorStore, ({ of, id }) => (of === image.id ? id : null), null);
  const before = useCopyBefore(place, image, editor, readOnly);
  const newest = priors[0];
  useShortcuts(COMMANDS['prior-beside'].group, [
    on('prior-beside', () => {
      if (newest) togglePrior(image.id, shown ?? newest.id);
      else editor?.notice(NO_PRIOR);
    }),
  ]);
  if (priors.length === 0 && !before.label) return null;
  return (
    <Section title={priors.length > 0 ? t`Earlier images of this patient` : t`Previous frame`}>
      <ul className={classes.list}>
        {priors.slice(0, MOST_SHOWN).map((prior) => (
          <li key={prior.id} className={classes.row}>
            <img className={classes.picture} src={prior.thumbnail_url} alt="" loading="lazy" />
            <span className={classes.said}>
              <Moment at={prior.created_at} />
              <span className={classes.quiet}>{lesionText(prior)}</span>
            </span>
            <Button
              size="compact-xs"
              variant={shown === prior.id ? 'light' : 'default'}
              aria-pressed={shown === prior.id}
              onClick={() => togglePrior(image.id, prior.id)}
            >
              <Trans>Beside</Trans>
            </Button>
          </li>
        ))}
      </ul>
      {before.label ? (
        <Button
          size="compact-sm"
          variant="subtle"
          loading={before.busy}
          aria-keyshortcuts={keysOf('copy-before').map(ariaKey).join(' ')}
          title={withKey(t`Adds its outlines to what is drawn`, keyNameOf('copy-before'))}
          onClick={before.copy}
        >
          {before.label}
        </Button>
      ) : null}
    </Section>
  );
}
