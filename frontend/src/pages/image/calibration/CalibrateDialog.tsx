import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, Group, NumberInput, SegmentedControl, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type RefObject, useEffect, useState } from 'react';
import { calibrate, forgetCalibration } from '../../../api/images';
import type { Calibrate, ImageDetail } from '../../../api/types';
import { imageKey, refreshWork } from '../../../app/live';
import { Dialog } from '../../../components/Dialog';
import { FormError } from '../../../components/FormError';
import type { Editor, Line } from '../../../editor';
import { fixed } from '../../../language/language';
import { ScaleLayer } from '../../../viewer/scaleLayer';
import type { Stage } from '../../../viewer/stage';
import { useMeasurements } from '../editing/MeasurementList';
import classes from './CalibrateDialog.module.css';
import { type ProposedScale, proposalOf, scaleStore, silentRegions } from './scales';

/**
 * A known distance in the picture, the size of a pixel, or the scale printed in the picture; the
 * resulting spacing is recorded as manual.
 */
export function CalibrateDialog(props: {
  image: ImageDetail;
  editor: Editor | null;
  stage: RefObject<Stage | null>;
  onClose: () => void;
}) {
  const { image, editor, stage, onClose } = props;
  const client = useQueryClient();
  const ruler = useMeasurements(editor).findLast((one) => one.kind === 'ruler')?.lines[0] ?? null;
  const proposal = proposalOf(image.frame);
  const [way, setWay] = useState<'printed' | 'ruler'>(proposal ? 'printed' : 'ruler');
  const printed = way === 'printed' ? proposal : null;
  const [lengths, setLengths] = useState<Record<typeof way, number | string>>({
    printed: proposal?.mm ?? '',
    ruler: '',
  });
  const mm = lengths[way];
  const [series, setSeries] = useState(false);
  // The spacing that the person saw, so that a scale set by somebody else meanwhile is not
  // replaced.
  const [seen] = useState(() =>
    Object.fromEntries(image.frame.regions.map((one) => [one.number, one.calibrated_at])),
  );
  const manual = silentRegions(image.frame).some((one) => one.spacing_source === 'manual');

  useEffect(() => {
    if (!printed) return;
    scaleStore.set({ shown: true });
    const end = stage.current?.addLayer(new ScaleLayer(printed));
    return () => {
      scaleStore.set({ shown: false });
      end?.();
    };
  }, [printed, stage]);

  const done = (images: readonly string[]) => {
    for (const id of images) void client.invalidateQueries({ queryKey: imageKey(id) });
    refreshWork();
    onClose();
  };
  const save = useMutation({
    mutationFn: (length: number) => calibrate(image.id, { ...of(length), series, seen }),
    onSuccess: ({ images, other_scale: others }) => {
      const count = plural(images.length, { one: '', other: ' of # images' });
      notifications.show({ message: t`Lengths${count} are now in mm, based on your measurement.` });
      if (others > 0) notifications.show({ message: otherScales(others) });
      done(images);
    },
  });
  const of = (length: number): Pick<Calibrate, 'px' | 'mm' | 'region'> => {
    if (printed) return { px: null, mm: length, region: null };
    return { px: ruler?.px ?? 1, mm: length, region: ruler ? regionOf(image, ruler) : null };
  };
  const forget = useMutation({
    mutationFn: () => forgetCalibration(image.id),
    onSuccess: ({ images }) => done(images),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof mm === 'number' && mm > 0) save.mutate(mm);
  };
  return (
    <Dialog
      onClose={onClose}
      title={t`Calibrate by hand`}
      size="md"
      // The image must remain visible with the marks on it.
      {...(proposal
        ? { classNames: { inner: besideMarks(image, proposal) }, overlayProps: { opacity: 0 } }
        : {})}
    >
      <form onSubmit={submit}>
        <Stack gap="sm">
          {proposal ? (
            <SegmentedControl
              aria-label={t`Calibrate by`}
              value={way}
              onChange={(value) => setWay(value === 'printed' ? 'printed' : 'ruler')}
              data={[
                { value: 'printed', label: t`Printed scale` },
                { value: 'ruler', label: ruler ? t`My ruler` : t`Size of a pixel` },
              ]}
            />
          ) : null}
          {printed ? <Printed scale={printed} mm={mm} /> : <Known ruler={ruler} />}
          <NumberInput
            key={way}
            label={`${lengthLabel(printed !== null, ruler !== null)} (mm)`}
            min={0}
            decimalScale={4}
            value={mm}
            onChange={(value) => setLengths({ ...lengths, [way]: value })}
            data-autofocus
          />
          <Checkbox
            label={t`Do the same for all images of this series that have this size`}
            checked={series}
            onChange={(event) => setSeries(event.currentTarget.checked)}
          />
          <Text size="xs" c="dimmed">
            {printed ? (
              <Trans>
                The file states no scale. Nothing is measured by this one until you confirm it; it
                is recorded as the printed scale, confirmed by you.
              </Trans>
            ) : (
              <Trans>
                The file states no scale. Yours is recorded as measured by hand, with your name.
              </Trans>
            )}
          </Text>
          <FormError error={save.error ?? forget.error} />
          <Group justify="flex-end">
            {manual ? (
              <Button
                variant="default"
                loading={forget.isPending}
                onClick={() => forget.mutate()}
                mr="auto"
              >
                <Trans>Forget the scale</Trans>
              </Button>
            ) : null}
            <Button variant="default" onClick={onClose}>
              <Trans>Cancel</Trans>
            </Button>
            <Button type="submit" loading={save.isPending} disabled={!mm}>
              {printed ? <Trans>Confirm this scale</Trans> : <Trans>Use this scale</Trans>}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

function besideMarks({ width }: ImageDetail, { start, end }: ProposedScale): string | undefined {
  return start[0] + end[0] > width ? classes.start : classes.end;
}

function lengthLabel(printed: boolean, ruled: boolean): string {
  if (printed) return t`From one mark to the next`;
  return ruled ? t`Length of the ruler` : t`Size of a pixel`;
}

function otherScales(count: number): string {
  return plural(count, {
    one: '# image of the series is unchanged: a different scale is printed in it.',
    other: '# images of the series are unchanged: a different scale is printed in them.',
  });
}

/** The printed scale and the total length it implies: the picture's depth, which readers know. */
function Printed({ scale, mm }: { scale: ProposedScale; mm: number | string }) {
  const { marks } = scale;
  const said = scale.mm === null ? null : lengthText(scale.mm);
  const px = fixed(scale.px, 1);
  const whole = typeof mm === 'number' && mm > 0 ? lengthText((marks - 1) * mm) : null;
  return (
    <>
      <Text size="sm">
        <Trans>
          A scale is printed beside the echoes: {marks} marks, {px} px apart. They are drawn over
          the image; what was printed there may have been blacked out with the text.
        </Trans>
      </Text>
      <Text size="sm">
        {said === null
          ? t`No number states the distance between the marks.`
          : t`By the numbers in the picture, the marks are ${said} mm apart.`}{' '}
        {whole ? t`From the first to the last mark: ${whole} mm.` : null}
      </Text>
    </>
  );
}

function lengthText(mm: number): string {
  return fixed(mm, Number.isInteger(mm) ? 0 : 1);
}

function Known({ ruler }: { ruler: Line | null }) {
  return (
    <Text size="sm">
      {ruler
        ? t`Your last ruler is ${fixed(ruler.px, 0)} px long. How long is it in the body?`
        : t`Draw a ruler along a known distance, such as two marks of the depth scale, and ` +
          t`open this again. Or type the size of a pixel.`}
    </Text>
  );
}

/** The region that contains the ruler, if there are several. */
function regionOf(image: ImageDetail, { start, end }: Line): number | null {
  const silent = silentRegions(image.frame);
  if (silent.length < 2) return null;
  const inside = silent.find((one) =>
    [start, end].every(
      ({ x, y }) =>
        x >= one.left && x <= one.left + one.width && y >= one.top && y <= one.top + one.height,
    ),
  );
  return inside?.number ?? null;
}
