// @vitest-environment node
import { readFileSync } from 'node:fs';
import { type CompiledMessage, compileMessageOrThrow } from '@lingui/message-utils/compileMessage';
import { generateMessageId } from '@lingui/message-utils/generateMessageId';
import { extractMessagesFromFiles } from '@lingui/native-tools';
import { describe, expect, it } from 'vitest';
import { plainEnglish, plainEnglishIn, sources } from '../testing/plainEnglish';
import { LANGUAGES } from './language';

/**
 * Folders whose words are not in the catalogues yet. The list only shrinks: a folder that is not
 * on it holds no plain English, and one that holds none leaves the list.
 */
const STILL_PLAIN: string[] = ['src/pages/models/'];

/** Messages of a language that still show in English. The number only shrinks. */
const UNTRANSLATED = 0;

const FILES = sources('src');

/** Messages of a catalogue by their English; a context would make two of one. */
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

/** The names in a message that stand for values and elements; a message that is none fails. */
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

describe('words of the pages', () => {
  it('stand in the catalogues, but for folders that are still to be done', () => {
    const plain = FILES.flatMap(plainEnglish);
    const stray = plain.filter(({ file }) => !STILL_PLAIN.some((at) => file.startsWith(at)));
    expect(stray.map(({ file, line, text }) => `${file}:${line} ${text}`)).toEqual([]);
    const done = STILL_PLAIN.filter((at) => !plain.some(({ file }) => file.startsWith(at)));
    expect(done).toEqual([]);
  }, 60_000);

  it.each([
    ['<p>No lesion yet</p>', 'No lesion yet'],
    ['<A label="Close" />', 'Close'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: source under test
    ['f(`of ${n} images`)', 'of … images'],
    ["show({ message: n ? 'One is left' : 'Done' })", 'One is left'],
  ])('are found in %s', (source, text) => {
    expect(plainEnglishIn('a.tsx', source).map((hit) => hit.text)).toContain(text);
  });

  it.each([
    '<Trans>No lesion yet</Trans>',
    '<A label={t`Close`} className="a b c" />',
    "if (event.key === 'Enter') throw new Error('no root here')",
  ])('are not seen in %s', (source) => {
    expect(plainEnglishIn('a.tsx', source)).toEqual([]);
  });

  it.each(Object.keys(LANGUAGES))('are all in %s, with every value', async (language) => {
    const wanted = await extracted();
    const known = entries(language);
    const ids = new Map([...known.keys()].map((message) => [generateMessageId(message), message]));
    const missing = [...wanted].filter(([id]) => !known.get(ids.get(id) ?? ''));
    expect(missing.length, missing.map(([, message]) => message).join('\n')).toBeLessThanOrEqual(
      UNTRANSLATED,
    );
    const lost = [...known].filter(([message, text]) => text && members(message) !== members(text));
    expect(lost).toEqual([]);
    const unused = [...ids].filter(([id]) => !wanted.has(id)).map(([, message]) => message);
    expect(unused).toEqual([]);
  });
});
