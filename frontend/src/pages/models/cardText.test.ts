// @vitest-environment node
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { cardText, SHIPPED } from './cardText';

const ZOO = '../models/zoo';

it("has translations for the sentences in the shipped models' cards", () => {
  const cards = readdirSync(ZOO, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('card.json'))
    .map((name) => JSON.parse(readFileSync(join(ZOO, name), 'utf8')));
  const said = cards.flatMap(({ title, intended_use, limits }) => [title, intended_use, ...limits]);
  expect(said.length).toBeGreaterThan(0);
  expect(said.filter((sentence) => !(sentence in SHIPPED))).toEqual([]);
});

it('recognises a title by how the model was made', () => {
  const [title = ''] = Object.keys(SHIPPED);
  expect(cardText(`${title}, trained further on this site's pool, 8-bit`)).toBe(
    `${title}, trained further on this site’s pool, 8-bit`,
  );
  expect(cardText('Own words')).toBe('Own words');
});
