import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

/** A text in the source that people would read and that is not in the catalogues. */
export interface PlainEnglish {
  /** Path relative to the front end's folder. */
  file: string;
  line: number;
  text: string;
}

/** Names and terms that are the same in every language. */
const NAMES = new Set(['Deutsch', 'English', 'Sonoloop', 'Dice', 'Bearer …', 'lesion or image']);

/** Names of keys and headers for programs; in an attribute of an element they count as text. */
const FOR_EVENTS = new Set([
  'Escape',
  'Enter',
  'Backspace',
  'Delete',
  'Space',
  'Tab',
  'Home',
  'End',
  'Shift',
  'Control',
  'Alt',
  'Meta',
  'Accept',
  'Infinity',
]);

/** Attributes whose values are neither seen nor heard. */
export const UNSEEN = new Set([
  'aria-controls',
  'aria-describedby',
  'aria-keyshortcuts',
  'aria-labelledby',
  'autoComplete',
  'className',
  'd',
  'id',
  'key',
  'points',
  'rel',
  'role',
  'style',
  'to',
  'transform',
  'transitionProps',
  'type',
  'viewBox',
]);

const MACROS = new Set(['t', 'msg', 'plural', 'select', 'selectOrdinal', 'defineMessage']);
/** Without Lingui's Select, since Select in the pages is the form field. */
const MACRO_ELEMENTS = new Set(['Trans', 'Plural']);

const UNITS = /\b(px|mm|cm|ms)\b/g;
const WORD_BESIDE_VALUE = /(^| )[A-Za-z]{2,} | [A-Za-z]{2,}([ .,:;!?…)]|$)/;

/** Selectors, font lists, headers, command lines. */
const FOR_PROGRAMS = /\[[a-z]|;q=|sans-serif|monospace|^curl |^button, /;

export function looksLikeWords(text: string): boolean {
  const trimmed = text.trim();
  if (FOR_PROGRAMS.test(trimmed)) return false;
  if (NAMES.has(trimmed)) return false;
  return (
    /^[A-Z][a-z]+ ?[.…?!:]?$/.test(trimmed) ||
    /([A-Za-z]{2}|^A|^\d+),? \(?[A-Za-z]{2}/.test(trimmed)
  );
}

export function inCatalogue(node: ts.Node): boolean {
  if (ts.isTaggedTemplateExpression(node)) return MACROS.has(node.tag.getText());
  if (ts.isCallExpression(node)) return MACROS.has(node.expression.getText());
  if (ts.isJsxElement(node)) return MACRO_ELEMENTS.has(node.openingElement.tagName.getText());
  return ts.isJsxSelfClosingElement(node) && MACRO_ELEMENTS.has(node.tagName.getText());
}

/** Literals that a catalogue message uses as the value of `${…}` or `{…}`: none may be a word. */
function valuesIn(node: ts.Node): ts.StringLiteralLike[] {
  if (ts.isTaggedTemplateExpression(node)) {
    const { template } = node;
    if (!ts.isTemplateExpression(template)) return [];
    return template.templateSpans.flatMap((span) => valuesOf(span.expression));
  }
  if (!ts.isJsxElement(node)) return [];
  return node.children.flatMap((child) =>
    ts.isJsxExpression(child) && child.expression ? valuesOf(child.expression) : [],
  );
}

function valuesOf(node: ts.Expression): ts.StringLiteralLike[] {
  if (ts.isStringLiteralLike(node)) return /\p{L}{2}/u.test(node.text) ? [node] : [];
  if (ts.isParenthesizedExpression(node)) return valuesOf(node.expression);
  if (ts.isConditionalExpression(node)) {
    return [...valuesOf(node.whenTrue), ...valuesOf(node.whenFalse)];
  }
  const alternative =
    ts.isBinaryExpression(node) && /^(\?\?|\|\|)$/.test(node.operatorToken.getText());
  return alternative ? [...valuesOf(node.left), ...valuesOf(node.right)] : [];
}

/** Errors for programmers rather than users. */
export function forProgrammers(node: ts.Node): boolean {
  return ts.isNewExpression(node) && /^(Type|Range)?Error$/.test(node.expression.getText());
}

export function unseen(node: ts.Node): boolean {
  if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) {
    return true;
  }
  if (!ts.isJsxAttribute(node)) return false;
  const name = node.name.getText();
  return UNSEEN.has(name) || name.startsWith('data-');
}

/** Whether a program reads it: it is compared, or the name of a member. */
export function read(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isCaseClause(parent) || ts.isElementAccessExpression(parent)) return true;
  if (ts.isPropertyAssignment(parent)) return parent.name === node;
  return ts.isBinaryExpression(parent) && /^[!=]==?$/.test(parent.operatorToken.getText());
}

export function plainTemplate(node: ts.TemplateExpression): boolean {
  if (FOR_PROGRAMS.test(node.getText().slice(1))) return false;
  const parts = [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].map(
    (part) => part.replace(UNITS, ''),
  );
  return parts.some((part) => looksLikeWords(part) || WORD_BESIDE_VALUE.test(part));
}

function textOf(node: ts.Node): string | null {
  if (ts.isJsxText(node)) {
    return /\p{L}{2}/u.test(node.text.replace(UNITS, '')) ? node.text : null;
  }
  if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) {
    if (FOR_EVENTS.has(node.text) && !ts.isJsxAttribute(node.parent)) return null;
    return looksLikeWords(node.text) && !read(node) ? node.text : null;
  }
  if (ts.isTemplateExpression(node) && plainTemplate(node)) {
    return [node.head.text, ...node.templateSpans.map((span) => span.literal.text)].join('…');
  }
  return null;
}

/** Finds English text in a file outside the macros of the catalogues. */
export function plainEnglishIn(file: string, source: string): PlainEnglish[] {
  const tree = ts.createSourceFile(
    file,
    source,
    ts.ScriptTarget.Latest,
    true,
    file.endsWith('x') ? ts.ScriptKind.TSX : ts.ScriptKind.TS,
  );
  const found: PlainEnglish[] = [];
  const note = (node: ts.Node, text: string) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart());
    found.push({ file, line: line + 1, text: text.trim().replace(/\s+/g, ' ') });
  };
  const visit = (node: ts.Node) => {
    if (inCatalogue(node)) for (const value of valuesIn(node)) note(value, value.text);
    if (inCatalogue(node) || forProgrammers(node) || unseen(node)) return;
    const text = textOf(node);
    if (text !== null) note(node, text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The sources of the pages, without tests and test helpers. */
export function sources(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name).replaceAll('\\', '/'))
    .filter((name) => /\.tsx?$/.test(name) && !/\.(test|bench|d)\.tsx?$|\/testing\//.test(name))
    .sort();
}

export const plainEnglish = (file: string) => plainEnglishIn(file, readFileSync(file, 'utf8'));
