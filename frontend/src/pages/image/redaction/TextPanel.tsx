import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Loader, Switch } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { RefObject } from 'react';
import { judgeText } from '../../../api/images';
import type { ImageDetail, SuspectedArea } from '../../../api/types';
import { imageKey, refreshWork } from '../../../app/live';
import { FormError } from '../../../components/FormError';
import { Moment } from '../../../components/Moment';
import type { Stage } from '../../../viewer/stage';
import { Section } from '../Section';
import { setText, useViewer } from '../viewerStore';
import { blackBoxFor, blankedText, kindText, numbered } from './suspected';
import classes from './TextPanel.module.css';
import type { Redaction } from './useRedaction';

interface Props {
  image: ImageDetail;
  redaction: Redaction;
  stage: RefObject<Stage | null>;
}

/** Areas that look like text, to be blacked out or kept. */
export function TextPanel({ image, redaction, stage }: Props) {
  const client = useQueryClient();
  const shown = useViewer((state) => state.text.suspected);
  const judge = useMutation({
    mutationFn: (of: { area: SuspectedArea; judgement: 'kept' | null }) =>
      judgeText(image.id, of.area.id, of.judgement),
    onSuccess: () => {
      void client.invalidateQueries({ queryKey: imageKey(image.id) });
      refreshWork();
    },
  });
  const areas = image.text.suspected ?? [];
  if (areas.length === 0) return null;
  const open = areas.filter((area) => area.judgement === null).length;
  return (
    <Section
      title={
        open === 0
          ? t`Text: judged`
          : plural(open, { one: 'Text suspected', other: 'Text suspected: #' })
      }
      aside={
        open > 0 ? (
          <Switch
            size="xs"
            label={t`Outlined`}
            checked={shown}
            onChange={(event) => setText({ suspected: event.currentTarget.checked })}
          />
        ) : null
      }
    >
      {open > 0 ? (
        <p className={classes.note}>
          <Trans>
            Black out anything that could identify a person. The image is not exported until every
            area is decided.
          </Trans>
        </p>
      ) : null}
      <ul className={classes.list}>
        {numbered(areas).map(({ area, number }) => (
          <li key={area.id} className={classes.item} data-open={area.judgement === null}>
            <button
              type="button"
              className={classes.place}
              title={t`Show it on the image`}
              onClick={() => stage.current?.camera.reveal(area)}
            >
              <Trans>
                <b>T{number}</b> {kindText(area.kind)}, {area.width} × {area.height} px
              </Trans>
            </button>
            {area.judgement === null ? (
              redaction.may ? (
                <span className={classes.acts}>
                  <Button
                    size="compact-xs"
                    color="red"
                    variant="light"
                    disabled={redaction.working}
                    aria-label={t`Black out T${number}`}
                    onClick={() => redaction.ask([blackBoxFor(area, image)])}
                  >
                    <Trans>Black out</Trans>
                  </Button>
                  <Button
                    size="compact-xs"
                    variant="default"
                    aria-label={t`Keep (not identifying) T${number}`}
                    loading={judge.isPending && judge.variables.area.id === area.id}
                    onClick={() => judge.mutate({ area, judgement: 'kept' })}
                  >
                    <Trans>Keep (not identifying)</Trans>
                  </Button>
                </span>
              ) : null
            ) : (
              <span className={classes.judged}>
                {judgedText(area)}
                {area.judged_at ? (
                  <>
                    , <Moment at={area.judged_at} />
                  </>
                ) : null}
                {area.judgement === 'kept' && redaction.may ? (
                  <button
                    type="button"
                    className={classes.again}
                    aria-label={t`Decide again T${number}`}
                    onClick={() => judge.mutate({ area, judgement: null })}
                  >
                    <Trans>Decide again</Trans>
                  </button>
                ) : null}
              </span>
            )}
          </li>
        ))}
      </ul>
      {open > 0 && !redaction.may ? (
        <p className={classes.note}>
          <Trans>The image’s owner or a reviewer can decide this.</Trans>
        </p>
      ) : null}
      {redaction.working ? (
        <p className={classes.working} role="status">
          <Loader size={14} aria-hidden="true" /> <Trans>Blacking out…</Trans>
        </p>
      ) : null}
      <FormError error={judge.error} />
    </Section>
  );
}

function judgedText(area: SuspectedArea): string {
  const name = area.judged_by?.name;
  if (area.judgement === 'kept') return name ? t`Kept by ${name}` : t`Kept`;
  return name ? t`Blacked out by ${name}` : t`Blacked out`;
}

/** Areas blacked out by the site or by people. */
export function RemovedText({ image }: { image: ImageDetail }) {
  const { blanked, redactions } = image.text;
  const shown = useViewer((state) => state.text.blanked);
  const count = (areas: number) => plural(areas, { one: '# area', other: '# areas' });
  return (
    <Section
      title={t`Made black`}
      aside={
        blanked && blanked.length > 0 ? (
          <Switch
            size="xs"
            label={t`Outlined`}
            checked={shown}
            onChange={(event) => setText({ blanked: event.currentTarget.checked })}
          />
        ) : null
      }
    >
      <p className={classes.note}>
        {blanked === null
          ? t`This image was stored before Sonoloop searched images for text. Check it yourself.`
          : blanked.length === 0
            ? t`Removed before storing: everything outside the sector.`
            : t`Removed before storing: ${blankedText(blanked.map(({ kind }) => kind))}.`}
      </p>
      {redactions.length > 0 ? (
        <ul className={classes.history}>
          {redactions.map((one) => (
            <li key={one.id}>
              <Trans>
                {count(one.areas.length)} by {one.author.name}
              </Trans>
              , {one.applied_at ? <Moment at={one.applied_at} /> : t`not done yet`}
            </li>
          ))}
        </ul>
      ) : null}
    </Section>
  );
}
