import { describe, expect, it } from 'vitest';
import { detailText } from './detailText';

const PERSON = '01a227fb-8aab-74fa-a0bc-e687730acd8e';
const names = new Map([[PERSON, 'Ada']]);

describe('details of an audit entry', () => {
  it.each([
    [
      { user: PERSON, before: 'annotator', after: 'reviewer' },
      'Person: Ada · Annotator → Reviewer',
    ],
    [{ image: '01a227fb-8aab-74fa-a0bc-000000000001' }, 'Image: …00000001'],
    [{ bytes: 1_234_567, store: true }, 'Size: 1.2\u00a0MB · Stored: yes'],
    [{ digest: '0'.repeat(64) }, 'Checksum: 000000000000…'],
    [
      {
        fields: ['name', 'self_approval'],
        before: { self_approval: null },
        after: { self_approval: true },
      },
      'Reviewers approve their own work: – → yes · Changed: Name',
    ],
    [
      {
        fields: ['max_upload_bytes'],
        before: { max_upload_bytes: 1_048_576 },
        after: { max_upload_bytes: 2_097_152 },
      },
      'Largest file: 1 MiB → 2 MiB',
    ],
    [
      { rule: 'returned', before: null, after: { action: 'archive', days: 30 } },
      'Rule: Returned images · Action: archive · Days: 30',
    ],
    [{ exports: 3, 'never-submitted': 1 }, 'Exports: 3 · Images never submitted: 1'],
    [{ readers: [PERSON, PERSON] }, 'Readers: Ada and Ada'],
    [{ something_new: 'as_is' }, 'something new: as_is'],
    [{}, ''],
    [
      { model: 'm 1.0.0', evaluation: null, scopes: [], name: '', exports: 0 },
      'Model: m 1.0.0 · Exports: 0',
    ],
  ])('%j', (detail, text) => {
    expect(detailText(detail, names)).toBe(text);
  });

  it('gives a time as the reader writes it', () => {
    expect(detailText({ begins_at: '2026-03-04T05:06:07Z' }, names)).toMatch(
      /^Begins: .*Mar.*2026/,
    );
  });
});
