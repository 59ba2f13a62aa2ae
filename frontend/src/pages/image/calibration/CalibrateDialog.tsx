import { plural, t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { Button, Checkbox, Group, Modal, NumberInput, Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { calibrate, forgetCalibration } from '../../../api/images';
import type { ImageDetail } from '../../../api/types';
import { imageKey, refreshWork } from '../../../app/live';
import { FormError } from '../../../components/FormError';
import type { Editor, Line } from '../../../editor';
import { fixed } from '../../../language/language';
import { useMeasurements } from '../editing/MeasurementList';
import { silentRegions } from './scales';

/** A known distance in the picture, or the size of a pixel; what follows is recorded as manual. */
export function CalibrateDialog(props: {
  image: ImageDetail;
  editor: Editor | null;
  onClose: () => void;
}) {
  const { image, editor, onClose } = props;
  const client = useQueryClient();
  const ruler = useMeasurements(editor).findLast((one) => one.kind === 'ruler')?.lines[0] ?? null;
  const [mm, setMm] = useState<number | string>('');
  const [series, setSeries] = useState(false);
  const manual = silentRegions(image.frame).some((one) => one.spacing_source === 'manual');

  const done = (images: readonly string[]) => {
    for (const id of images) void client.invalidateQueries({ queryKey: imageKey(id) });
    refreshWork();
    onClose();
  };
  const save = useMutation({
    mutationFn: (length: number) =>
      calibrate(image.id, {
        px: ruler?.px ?? 1,
        mm: length,
        region: ruler ? regionOf(image, ruler) : null,
        series,
      }),
    onSuccess: ({ images }) => {
      const count = plural(images.length, { one: '', other: ' of # images' });
      notifications.show({ message: t`Lengths${count} are in mm now, by your measure.` });
      done(images);
    },
  });
  const forget = useMutation({
    mutationFn: () => forgetCalibration(image.id),
    onSuccess: ({ images }) => done(images),
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (typeof mm === 'number' && mm > 0) save.mutate(mm);
  };
  return (
    <Modal opened onClose={onClose} title={t`Calibrate by hand`} size="md">
      <form onSubmit={submit}>
        <Stack gap="sm">
          <Text size="sm">
            {ruler
              ? t`Your last ruler is ${fixed(ruler.px, 0)} px long. How long is it in the body?`
              : t`Draw a ruler along a known distance, such as two marks of the depth scale, and ` +
                t`open this again. Or type the size of a pixel.`}
          </Text>
          <NumberInput
            label={ruler ? t`Length of the ruler` : t`Size of a pixel`}
            suffix=" mm"
            min={0}
            decimalScale={4}
            value={mm}
            onChange={setMm}
            data-autofocus
          />
          <Checkbox
            label={t`The same for all images of this series that have this size`}
            checked={series}
            onChange={(event) => setSeries(event.currentTarget.checked)}
          />
          <Text size="xs" c="dimmed">
            <Trans>
              The file states no scale. Yours is recorded as measured by hand, with your name.
            </Trans>
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
              <Trans>Use this scale</Trans>
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** The region in which the ruler lies, where there are several to choose from. */
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
