import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Group, NumberInput } from '@mantine/core';
import classes from './LivePage.module.css';
import type { LiveFrame, Scale } from './stream';

interface Props {
  frame: LiveFrame | null;
  scale: Scale | null;
  marking: boolean;
  onScale: (scale: Scale | null) => void;
  onMark: () => void;
}

/** The depth scale, entered by hand: the distance between two marks in the picture. */
export function ScaleFields({ frame, scale, marking, onScale, onMark }: Props) {
  const change = (mm: number | string) => {
    if (typeof mm !== 'number' || mm <= 0) {
      onScale(null);
      return;
    }
    const marks = scale?.marks ?? (frame ? ends(frame) : null);
    if (marks) onScale({ marks, mm });
  };
  return (
    <section className={classes.section}>
      <h2>
        <Trans>Scale</Trans>
      </h2>
      <NumberInput
        label={`${t`Distance between the marks`} (mm)`}
        description={t`The marks stand where the echoes begin and end: type the depth of the picture and check them, or set them to two points whose distance you know.`}
        min={0}
        max={1000}
        decimalScale={1}
        value={scale && scale.mm > 0 ? scale.mm : ''}
        onChange={change}
        disabled={!frame}
      />
      <Group gap="xs" mt="xs">
        <Button size="compact-sm" variant="default" onClick={onMark} disabled={!frame}>
          {marking ? t`Cancel` : t`Set the marks`}
        </Button>
        {scale ? (
          <Button size="compact-sm" variant="subtle" onClick={() => onScale(null)}>
            <Trans>Forget the scale</Trans>
          </Button>
        ) : null}
      </Group>
    </section>
  );
}

/** Marks at the first and last echo, for a reader to check. */
function ends({ depth: { x, top, foot } }: LiveFrame): Scale['marks'] {
  return [
    { x, y: top },
    { x, y: foot },
  ];
}
