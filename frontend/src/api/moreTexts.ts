import { t } from '@lingui/core/macro';
import { learnTexts } from './problemText';

/** Sentences for further codes, for the pages that may show them: loaded after startup. */
const MORE_TEXTS: Record<string, () => string> = {
  // People and accounts.
  'account-changed': () =>
    t`Your password or role was changed after this was requested, so you cannot confirm it. It has to be requested again.`,
  'account-too-new': () =>
    t`Your account is younger than this request, so you cannot confirm it. It has to be requested again.`,
  'already-set-up': () => t`This site already has an administrator; sign in instead.`,
  'email-taken': () => t`Somebody already has this email address.`,
  'invalid-email': () => t`This is not an email address.`,
  'last-admin': () =>
    t`This is the last administrator who can sign in; make somebody else an administrator first.`,
  'no-mail': () =>
    t`This site sends no email. Ask your administrator for a link that sets a password.`,
  'not-independent': () =>
    t`One person could act as both of you, because of the links that last reset your passwords. Another administrator has to confirm this.`,
  'second-admin-needed': () => t`You asked for this yourself; another administrator confirms it.`,
  'service-account': () =>
    t`A service account only sends images: it is an annotator, has no email and cannot sign in.`,
  'several-projects': () =>
    t`This person belongs to several projects; change the role on the page of the project.`,
  'too-many-attempts': () => t`Too many attempts; wait a while and try again.`,
  'user-inactive': () => t`This person is deactivated; activate them first.`,
  'weak-password': () =>
    t`This password is too easy to guess or too short. A few words make a good one.`,
  'unknown-reader': () => t`One of these people is not an active member of this project.`,
  'project-needed': () => t`You belong to several projects; choose one.`,
  'unknown-host': () =>
    t`This site is not known by this name. Use the address that your administrator gave you.`,
  'cross-site': () => t`Requests from other sites are refused; use the pages of this site.`,
  'too-many-connections': () =>
    t`The server has as many connections as it can handle. Nothing was lost; try again in a moment.`,
  'too-many-at-once': () =>
    t`You have reached the limit of requests in progress per person. Wait for one to end and send this again.`,
  // Drawings and readings.
  'already-read': () => t`Somebody is reading this image unblinded; release that reading first.`,
  'answer-contradicts-mask': () =>
    t`The answer and the drawing contradict each other: draw a lesion or answer “No lesion”, or delete what is drawn.`,
  'area-outside': () => t`An area reaches beyond the picture; draw it inside.`,
  'attributes-missing': () =>
    t`A required attribute of the lesions or the image is missing. Fill it in and submit again.`,
  'blacked-out': () => t`This area is already black; nothing of it is left.`,
  'blind-to-model': () =>
    t`In this project readers draw without the model; submit your reading first.`,
  'box-outside': () => t`The box reaches beyond the picture; draw it inside.`,
  'broken-runs': () => t`The drawing has too fine a boundary to be stored; smooth it first.`,
  'cannot-judge': () => t`A reader who could not judge the image provides no outline.`,
  'class-archived': () => t`A lesion has a class that is archived; choose another one.`,
  'frame-twice': () => t`A frame is listed twice; list it once.`,
  'implausible-scale': () =>
    t`This scale is implausible for ultrasound. Check the distance and its unit.`,
  'mask-deleted': () => t`One of the outlines was deleted meanwhile.`,
  'no-agreement': () => t`There are no two blind readings of this image to compare yet.`,
  'no-change': () => t`The image is already in this state.`,
  'no-key-frame': () =>
    t`No frame of this cine is corrected yet; outline the lesions of one and save it.`,
  'no-such-frames': () => t`The image does not have these frames; choose others.`,
  'no-proposed-scale': () =>
    t`No scale was found in this part of the picture that you could confirm. Measure a known distance with the ruler.`,
  'no-series': () => t`The file of this image names no series.`,
  'no-worker': () =>
    t`No worker answers the drawing tools at the moment; what you drew is kept. If this continues, tell your administrator.`,
  'not-a-readers': () => t`A consensus is made of what people drew; leave the others out.`,
  'not-square': () =>
    t`The pixels of this file are not square, and a scale by hand is the same in both directions; send the picture with square pixels, or as DICOM with its pixel spacing.`,
  'not-open': () => t`Your reading of this image has ended; save a revision to begin again.`,
  'one-author': () => t`A consensus needs at least two people.`,
  'others-comments': () =>
    t`Others have written here; resolve it, or ask an administrator to delete it.`,
  'outside-frame': () => t`This place lies outside the picture.`,
  'pair-complete': () =>
    t`The other reader has submitted too, and the readings are compared; a reviewer can return yours.`,
  'point-outside': () => t`The point lies beyond the picture; click inside.`,
  'reason-missing': () => t`Say why the image cannot be judged.`,
  'scale-stated': () =>
    t`The file states the scale of this picture; a scale by hand is for files that do not.`,
  'too-many-comments': () => t`There are too many comments here already; delete some first.`,
  'two-readers': () => t`A blind reading needs two people; choose one more.`,
  'two-readings': () => t`Two people have read this image; compare them and choose one.`,
  'two-regions': () => t`Two lesions have a class of which an image has one region; join them.`,
  'unknown-attribute': () =>
    t`An attribute was filled in that the label set does not ask for; leave it out.`,
  'unknown-class': () => t`A class is not in the label set, or is archived; choose another one.`,
  'unknown-model': () => t`There is no such model here; choose another one.`,
  'unknown-parent': () =>
    t`The revision that the drawing started from does not exist; load the image again.`,
  'uploaded-again': () => t`The same picture has been uploaded again since.`,
  'wrong-attribute': () => t`A value does not fit what the label set asks for; correct it.`,
  'wrong-size': () => t`The drawing is of another size than the picture; load the image again.`,
  // Labels, imports, exports and the pool.
  'attribute-in-use': () =>
    t`Drawings use this attribute, so its kind and values cannot change. Archive it and create another one.`,
  'class-in-use': () =>
    t`This class is already used in drawings, so it cannot be changed in this way. Archive it and create another one.`,
  'classes-unmapped': () =>
    t`Some classes have no match in the label set. Choose a class for each, or leave it out.`,
  'refused-class': () => t`Labels of these classes are refused, as was chosen.`,
  'set-archived': () => t`This set is archived; take it out of the archive first.`,
  'set-changed': () =>
    t`Somebody else changed this set meanwhile. Nothing was overwritten: load it again and make your change on top.`,
  'set-in-use': () => t`A project uses this set; choose another one for it first.`,
  'wrong-label-set': () => t`The label set is not valid; correct it.`,
  'damaged-archive': () => t`The ZIP is damaged or incomplete; pack and send it again.`,
  'no-archive': () => t`The ZIP is damaged or incomplete; pack and send it again.`,
  'too-many-files': () => t`The ZIP has too many files; send it in parts.`,
  'unpacks-too-large': () => t`Unpacked, the ZIP is too large; send it in parts.`,
  'no-labels': () => t`No label was found that can be used.`,
  'not-checked': () =>
    t`This import has not been checked yet, or its check failed; see its report.`,
  'import-deleted': () => t`The import was deleted meanwhile.`,
  'upload-gone': () => t`The upload no longer exists; send it again.`,
  'upload-incomplete': () => t`A part of the file has not arrived; send the rest.`,
  'bad-table': () =>
    t`samples.csv cannot be used: it is not a CSV file in UTF-8, or it has no column “name” or “id”.`,
  'bad-code': () => t`The label is damaged.`,
  'bad-entry': () => t`An entry of the list cannot be used.`,
  'bad-legend': () => t`The list of classes and colours is incomplete.`,
  'bad-points': () =>
    t`The outline has too few points, or points that are not numbers or lie far outside the image.`,
  'masks-differ': () => t`Two labels of this image contradict each other; keep one.`,
  'no-image': () => t`The image that the label names is not in the archive.`,
  'no-label': () => t`There is no outline here that can be read.`,
  'not-a-label': () => t`The label is not an intact picture; write it as PNG.`,
  'not-an-image': () => t`This is not an image.`,
  'not-coco': () => t`This is not a COCO file.`,
  'not-json': () => t`This is not JSON.`,
  'not-labelme': () => t`This is not a labelme file.`,
  'not-utf8': () => t`The text is not in UTF-8; save it as UTF-8.`,
  'not-xml': () => t`This is not intact XML.`,
  'numbered-frames': () =>
    t`CVAT’s video format numbers frames and names no images; export the task as “CVAT for images 1.1”.`,
  'other-format': () => t`An outline is stored in an unsupported form; export it as polygons.`,
  'shape-type': () => t`No shape here has an area; draw a polygon or a mask.`,
  'size-differs': () => t`The label is of another size than the image.`,
  'too-many': () => t`There are more lesions or outlines than can be read.`,
  'unknown-colour': () => t`A colour of the label is not in the list of classes; add its class.`,
  'all-searched': () =>
    t`All images of this project have been searched for text; there is nothing to do.`,
  'export-deleted': () => t`The export was deleted meanwhile.`,
  'export-expired': () =>
    t`An image in this export was blacked out after the export was made, so the archive was deleted. Export again, and delete the copies that were downloaded before.`,
  'images-deleted': () => t`All images of this export were deleted meanwhile.`,
  'lesions-overlap': () =>
    t`Lesions of an image share pixels, which this format cannot hold; export as COCO, labelme or YOLO.`,
  'nothing-to-export': () => t`No image matches these filters.`,
  'not-finished': () => t`This export has not finished; wait for it.`,
  'suspected-text-refused': () =>
    t`This site does not export images with areas that look like text. Leave these images out, or judge the areas in the worklist.`,
  'text-not-searched': () =>
    t`Some of these images have not been searched for text. Have them searched first, or include images that may show text.`,
  'not-a-deletion': () => t`This step deleted no images.`,
  // Models and training.
  'all-predicted': () => t`Every unchanged prediction already comes from the model in use.`,
  'asked-already': () => t`This has already been requested; see the request.`,
  'decided-already': () => t`This request has already been decided.`,
  'evaluated-now': () => t`This version is being evaluated; wait for the result.`,
  'gate-open': () => t`This version passes the gate; promote it.`,
  'gate-shut': () => t`This version does not pass the gate, so it cannot be used here.`,
  'reason-needed': () =>
    t`This version has not been shown to be better. Say why it is needed anyway.`,
  'it-serves': () => t`This version is in use; go back to another one before you reject it.`,
  'may-not-serve': () => t`This version may not be used.`,
  'model-refused': () => t`The model cannot be used as it is.`,
  'model-unusable': () => t`The model cannot be used; see its card.`,
  'named-already': () => t`The same images are already a reference set.`,
  'no-shadow': () => t`No version runs beside the model in use in this project.`,
  'shadow-runs': () => t`Another version already runs beside the model in use; stop it first.`,
  'no-such-class': () =>
    t`The label set has no open class of this name; choose one of its classes, or leave it out.`,
  'no-test-part': () =>
    t`No approved image is in the test part. One patient in seven is used for testing; approve images of more patients.`,
  'no-verdict': () => t`This evaluation has no verdict yet.`,
  'not-evaluated': () => t`This version has not been evaluated in this project; evaluate it first.`,
  'not-here': () => t`The files of this model are missing; import it.`,
  'not-ready-to-train': () => t`A model cannot be trained yet; the page shows what is missing.`,
  'not-running': () => t`This has already ended.`,
  'nothing-approved': () => t`Nothing is approved in this project yet; approve images first.`,
  'nothing-before': () => t`No earlier version can be used again here; promote one.`,
  'nothing-serves': () => t`No model is in use in this project yet; promote a version first.`,
  'serves-already': () => t`This version is already in use here.`,
  'serves-another': () => t`The version in use has changed since this request; request it again.`,
  'cannot-train': () => t`The training cannot start; its log says why.`,
  'training-failed': () => t`The training failed; its log says why.`,
  'trains-already': () => t`A run is in progress in this project; wait for it.`,
  'version-taken': () => t`A model with this name and version already exists here.`,
  'bad-name': () => t`The name of a model consists of lower-case letters, digits and hyphens.`,
  'bundle-damaged': () => t`The bundle is damaged or cut short; have it sent again.`,
  'bundle-too-large': () => t`The bundle is larger than the server accepts.`,
  'key-not-trusted': () =>
    t`The key that signed this bundle is not trusted here. Ask the other site for its key through another channel, and trust it if it is the same.`,
  'not-a-bundle': () => t`This is not a bundle.`,
  'not-a-key': () => t`This is not the key of a site. The Models page of the other site shows it.`,
  'not-png': () => t`A bundle contains an export in PNG format; create one first.`,
  'not-signed': () => t`This bundle has no signature.`,
  'own-key': () => t`This is the key of this site; enter that of the other one.`,
  'trusted-already': () => t`This key is already trusted.`,
  'wrong-digest': () =>
    t`A file of the bundle is not the one that was signed; have the bundle sent again.`,
  'wrong-files': () => t`The files in the bundle differ from its list.`,
  'wrong-signature': () =>
    t`The signature of the bundle is wrong: it was changed since it was signed. Have it sent again.`,
  // Jobs and data that leaves the site.
  'host-not-allowed': () =>
    t`This site may not send anything to that host: it is not among those allowed under Site, or it has a private address, which only the settings of the server allow.`,
  'webhook-paused': () => t`The address is paused; resume it, and send this again.`,
  'not-approved': () => t`Only what is approved is sent; approve it first.`,
  'no-dicom-source': () => t`The image did not come as DICOM, so no DICOM result can refer to it.`,
  'no-lesion': () => t`There is no lesion to show.`,
  'not-queued': () => t`Only a job that is still waiting can be cancelled.`,
  'not-retryable': () => t`This job cannot be tried again; send the file anew.`,
};

learnTexts(MORE_TEXTS);
