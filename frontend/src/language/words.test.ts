// @vitest-environment node
import { readFileSync } from 'node:fs';
import { type CompiledMessage, compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { generateMessageId } from '@lingui/message-utils/generateMessageId';
import { extractMessagesFromFiles } from '@lingui/native-tools';
import { describe, expect, it } from 'vitest';
import { plainEnglish, plainEnglishIn, sources } from '../testing/plainEnglish';
import { LANGUAGES } from './language';

const FILES = sources('src');

/** Messages of a catalogue by their English text; a context would split a message in two. */
function entries(language: string): Map<string, string> {
  const text = readFileSync(`src/language/catalogues/${language}.po`, 'utf8');
  const found = new Map<string, string>();
  for (const block of text.split('\n\n').slice(1)) {
    const field = (name: string) => {
      const lines = block.match(new RegExp(`^${name} (".*"(?:\\n".*")*)`, 'm'))?.[1] ?? '""';
      return lines
        .split('\n')
        .map((line) => JSON.parse(line) as string)
        .join('');
    };
    found.set(field('msgid'), field('msgstr'));
  }
  return found;
}

/** The names of values and elements in a message; fails if it is not a valid message. */
function members(message: string): string {
  const names = new Set<string>(message.match(/<\d+/g) ?? []);
  const collect = (tokens: CompiledMessage | string) => {
    if (!Array.isArray(tokens)) return;
    for (const token of tokens) {
      if (typeof token === 'string') continue;
      const [name, , choices] = token;
      names.add(String(name));
      if (typeof choices === 'object' && choices !== null) {
        for (const choice of Object.values(choices)) {
          if (typeof choice !== 'number') collect(choice as CompiledMessage | string);
        }
      }
    }
  };
  collect(compileMessageOrThrow(message));
  return [...names].sort().join(' ');
}

async function extracted(): Promise<Map<string, string>> {
  const result = await extractMessagesFromFiles(FILES);
  return new Map(result.messages.map(({ id, message }) => [id, message ?? '']));
}

describe('texts of the pages', () => {
  it('are all in the catalogues', () => {
    const stray = FILES.flatMap(plainEnglish);
    expect(stray.map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([]);
  }, 600_000);

  it.each([
    ['<p>No lesion yet</p>', 'No lesion yet'],
    ['<A label="Close" />', 'Close'],
    ['<A aria-label="Delete" />', 'Delete'],
    ['<A label="Size, keys [ and ]" />', 'Size, keys [ and ]'],
    ["f({ label: 'Choose …', other: 'Outline (DICOM)' })", 'Outline (DICOM)'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source under test
    ['f(`of ${n} images`)', 'of … images'],
    ["show({ message: n ? 'One is left' : 'Done' })", 'One is left'],
    [`t\`It was \${done ? 'approved' : other}.\``, 'approved'],
    ["<Trans>It was {why ?? 'returned'}</Trans>", 'returned'],
  ])('are detected in %s', (source, text) => {
    expect(plainEnglishIn('a.tsx', source).map((hit) => hit.text)).toContain(text);
  });

  it.each([
    '<Trans>No lesion yet</Trans>',
    '<A label={t`Close`} className="a b c" />',
    "if (event.key === 'Enter') throw new Error('no root here')",
  ])('are not reported in %s', (source) => {
    expect(plainEnglishIn('a.tsx', source)).toEqual([]);
  });

  it.each(Object.keys(LANGUAGES))(
    'are all in %s, with every value',
    async (language) => {
      const wanted = await extracted();
      const known = entries(language);
      const ids = new Map(
        [...known.keys()].map((message) => [generateMessageId(message), message]),
      );
      const missing = [...wanted].filter(([id]) => !known.get(ids.get(id) ?? ''));
      expect(missing.map(([, message]) => message)).toEqual([]);
      const lost = [...known].filter(
        ([message, text]) => text && members(message) !== members(text),
      );
      expect(lost).toEqual([]);
      const torn = [...known].flat().filter((text) => / %/.test(text));
      expect(torn, 'a per cent sign after a space that breaks').toEqual([]);
      const unused = [...ids].filter(([id]) => !wanted.has(id)).map(([, message]) => message);
      expect(unused).toEqual([]);
    },
    60_000,
  ); // the first of these tests reads all pages
});
