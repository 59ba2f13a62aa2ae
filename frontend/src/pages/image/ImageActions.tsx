import { t } from '@lingui/core/macro';
import { Trans } from '@lingui/react/macro';
import { ActionIcon, Button } from '@mantine/core';
import { IconChevronDown, IconTrash } from '@tabler/icons-react';
import { Link } from '@tanstack/react-router';
import { useState } from 'react';
import { frameKeyOf } from '../../api/frameKey';
import { dicomDownload, maskDownload, overlayDownload } from '../../api/images';
import type { ImageDetail } from '../../api/types';
import { isSiteAdmin, useUser } from '../../app/session';
import { LateMenu } from '../../components/LateMenu';
import { lazily } from '../../components/lazily';
import { Tooltip } from '../../components/Tooltip';
import { withWords } from '../../language/withWords';
import classes from './ImageActions.module.css';
import { Rerun } from './Rerun';

const DeleteDialog = lazily(
  async () => (await withWords('panels', () => import('./DeleteDialog'))).DeleteDialog,
);

interface Props {
  image: ImageDetail;
  onDeleted: () => void;
}

/** Files with pseudonyms; only files sent to a PACS contain the patient's name. */
const DICOM = [
  ['seg', t`Segmentation (DICOM)`],
  ['sr', t`Measurements (DICOM SR)`],
] as const;

function saveJson(image: ImageDetail): void {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify(image, null, 2)], { type: 'application/json' }),
  );
  const link = document.createElement('a');
  link.href = url;
  link.download = `${image.id}.json`;
  link.click();
  URL.revokeObjectURL(url);
}

export function ImageActions({ image, onDeleted }: Props) {
  const frameKey = frameKeyOf(image.id, image.frame.index);
  const user = useUser();
  const mayDelete = image.may.delete;
  const [deleting, setDeleting] = useState<string | null>(null); // id of the image being deleted
  return (
    <section className={classes.root} aria-label={t`Actions`}>
      {image.model_hidden ? null : <Rerun image={image} />}
      <LateMenu
        position="top-start"
        width={230}
        target={
          <Button
            className={classes.main}
            variant="default"
            rightSection={<IconChevronDown size={14} />}
          >
            <Trans>Download</Trans>
          </Button>
        }
      >
        {(Menu) => (
          <>
            <Menu.Item
              component="a"
              href={maskDownload(frameKey)}
              download
              disabled={image.masks.length === 0}
            >
              <Trans>Mask (PNG, 1 bit)</Trans>
            </Menu.Item>
            <Menu.Item
              component="a"
              href={overlayDownload(frameKey)}
              download
              disabled={image.masks.length === 0}
            >
              <Trans>Overlay (PNG)</Trans>
            </Menu.Item>
            {DICOM.map(([kind, label]) => (
              <Menu.Item
                key={kind}
                component="a"
                href={dicomDownload(image.id, kind)}
                download
                disabled={image.masks.length === 0}
              >
                {label}
              </Menu.Item>
            ))}
            <Menu.Item onClick={() => saveJson(image)}>
              <Trans>Measurements (JSON)</Trans>
            </Menu.Item>
            {isSiteAdmin(user) ? (
              <Menu.Item
                renderRoot={(props) => (
                  <Link {...props} to="/ui/audit" search={{ object_id: image.id }} />
                )}
              >
                <Trans>Audit log of this image</Trans>
              </Menu.Item>
            ) : null}
          </>
        )}
      </LateMenu>
      {mayDelete ? (
        <Tooltip label={t`Delete the image`}>
          <ActionIcon
            className={classes.delete}
            variant="default"
            size={36}
            aria-label={t`Delete the image`}
            onClick={() => setDeleting(image.id)}
          >
            <IconTrash size={17} stroke={1.7} />
          </ActionIcon>
        </Tooltip>
      ) : null}
      {deleting === image.id && mayDelete ? (
        <DeleteDialog image={image} onDeleted={onDeleted} onClose={() => setDeleting(null)} />
      ) : null}
    </section>
  );
}
