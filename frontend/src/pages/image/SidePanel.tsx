import { Select, Skeleton } from '@mantine/core';
import type { ReactNode, RefObject } from 'react';
import type { ImageDetail, Mask } from '../../api/types';
import { Moment } from '../../components/Moment';
import { UncertaintyMeter } from '../../components/UncertaintyMeter';
import type { Stage } from '../../viewer/stage';
import { lesionText } from '../worklist/itemText';
import { OverlayControls, WindowControls } from './DisplayControls';
import { ImageActions } from './ImageActions';
import { LesionTable } from './LesionTable';
import { spacingText } from './measure';
import { ProvenanceDetails } from './ProvenanceDetails';
import classes from './SidePanel.module.css';

interface Props {
  image: ImageDetail | null;
  mask: Mask | null;
  stage: RefObject<Stage | null>;
  onRevision: (revision: number) => void;
  deleting: boolean;
  onDeleting: (deleting: boolean) => void;
  onDeleted: () => void;
}

const revisionLabel = (mask: Mask): string =>
  mask.model
    ? `${mask.revision}: ${mask.model.name} ${mask.model.version}`
    : `${mask.revision}: corrected by a person`;

export function SidePanel(props: Props) {
  const { image, mask, stage, onRevision } = props;
  if (!image) {
    return (
      <aside className={classes.root} aria-label="Findings" aria-busy="true">
        <div className={classes.loading}>
          <Skeleton height={22} width="55%" />
          <Skeleton height={92} />
          <Skeleton height={120} />
        </div>
      </aside>
    );
  }
  return (
    <aside className={classes.root} aria-label="Findings">
      <Section
        title={
          mask
            ? lesionText(
                image.masks[0] === mask
                  ? image
                  : { state: 'predicted', lesion_count: mask.result.lesions.length },
              )
            : 'Not yet outlined'
        }
      >
        {mask && mask.result.lesions.length > 0 ? (
          <LesionTable lesions={mask.result.lesions} stage={stage} />
        ) : (
          <p className={classes.quiet}>
            {mask
              ? 'The model found nothing that it takes for a lesion. It can be wrong.'
              : 'No model has finished on this image; run one below.'}
          </p>
        )}
        {image.masks.length > 1 && mask ? (
          <Select
            className={classes.revision}
            size="xs"
            label="Revision"
            allowDeselect={false}
            data={image.masks.map((one) => ({
              value: String(one.revision),
              label: revisionLabel(one),
            }))}
            value={String(mask.revision)}
            onChange={(value) => onRevision(Number(value))}
          />
        ) : null}
      </Section>
      {mask ? (
        <Section
          title="Uncertainty"
          aside={<UncertaintyMeter score={mask.result.uncertainty.score} />}
        >
          {mask.result.uncertainty.reasons.length > 0 ? (
            <ul className={classes.reasons}>
              {mask.result.uncertainty.reasons.map((reason) => (
                <li key={reason.code}>{reason.text}</li>
              ))}
            </ul>
          ) : (
            <p className={classes.quiet}>Nothing particular stands out.</p>
          )}
        </Section>
      ) : null}
      <Section title="Overlay">
        <OverlayControls />
      </Section>
      <Section title="Image">
        <WindowControls />
      </Section>
      <Section title="Details">
        <dl className={classes.facts}>
          <Fact label="Model">
            {mask?.model ? `${mask.model.name} ${mask.model.version}` : '–'}
          </Fact>
          <Fact label="Size">
            {image.width} × {image.height} px, {image.format.toUpperCase()}
          </Fact>
          <Fact label="Spacing">{spacingText(image.frame.spacing_mm)}</Fact>
          <Fact label="Added">
            <Moment at={image.created_at} /> by {image.owner.name}
          </Fact>
        </dl>
        <ProvenanceDetails image={image} mask={mask} />
      </Section>
      <ImageActions {...props} image={image} />
    </aside>
  );
}

function Section(props: { title: string; aside?: ReactNode; children: ReactNode }) {
  return (
    <section className={classes.section}>
      <header className={classes.head}>
        <h2 className={classes.title}>{props.title}</h2>
        {props.aside}
      </header>
      {props.children}
    </section>
  );
}

function Fact({ label, children }: { label: string; children: ReactNode }) {
  return (
    <>
      <dt>{label}</dt>
      <dd>{children}</dd>
    </>
  );
}
