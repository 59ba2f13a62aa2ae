import { cancelJob, fetchJob, retryJob } from '../api/jobs';
import { currentProject } from '../api/project';
import { caseFor } from './naming';
import { UploadQueue } from './queue';
import { sendFile } from './transport';

/** The uploads of this tab; they continue whatever page is open. */
export const uploads = new UploadQueue({
  send: sendFile,
  project: currentProject,
  caseFor,
  fetchJob,
  cancelJob,
  retryJob,
});
