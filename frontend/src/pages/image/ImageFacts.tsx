import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { lazy, type ReactNode, type RefObject, Suspense } from 'react';
import type { ImageDetail, Mask } from '../../api/types';
import { Moment } from '../../components/Moment';
import type { Stage } from '../../viewer/stage';
import { Calibrate } from './calibration/Calibrate';
import { OverlayControls, WindowControls } from './DisplayControls';
import { spacingText } from './measure';
import { ProvenanceDetails } from './ProvenanceDetails';
import { noteText } from './reasonText';
import { Section } from './Section';
import classes from './SidePanel.module.css';

const RemovedText = lazy(async () => ({
  default: (await import('./redaction/TextPanel')).RemovedText,
}));

/** How the image is displayed and where it comes from. */
export function ImageFacts(props: {
  image: ImageDetail;
  mask: Mask | null;
  stage: RefObject<Stage | null>;
}) {
  const { image, mask, stage } = props;
  return (
    <>
      <Section title={t`Outlines`}>
        <OverlayControls />
      </Section>
      <Section title={t`Window`}>
        <WindowControls />
      </Section>
      <Suspense fallback={null}>
        <RemovedText image={image} />
      </Suspense>
      <Section title={t`Details`}>
        <dl className={classes.facts}>
          <Fact label={t`Model`}>
            {mask?.model ? `${mask.model.name} ${mask.model.version}` : '–'}
          </Fact>
          <Fact label={t`Size`}>
            <Trans>
              {image.width} × {image.height} px, {image.format.toUpperCase()}
            </Trans>
          </Fact>
          <Fact label={t`Spacing`}>
            {spacingText(image.frame.spacing_mm)} <Calibrate image={image} stage={stage} />
          </Fact>
          {image.frame.regions.some((region) => region.scale_confirmed) ? (
            <Fact label={t`Note`}>
              <Trans>The spacing is that of the printed scale, confirmed by a reader.</Trans>
            </Fact>
          ) : null}
          {notesOf(image.frame.attributes).map((note) => (
            <Fact key={note} label={t`Note`}>
              {noteText(note)}
            </Fact>
          ))}
          <Fact label={t`Added`}>
            <Trans>
              <Moment at={image.created_at} /> by {image.owner.name}
            </Trans>
          </Fact>
        </dl>
        <ProvenanceDetails image={image} mask={mask} />
      </Section>
    </>
  );
}

/** Ignored values of the file, and the reason if lengths are unknown. */
function notesOf(attributes: Record<string, unknown>): string[] {
  return Array.isArray(attributes.Notes) ? attributes.Notes.map(String) : [];
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}
