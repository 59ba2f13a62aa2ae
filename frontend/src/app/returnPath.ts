/** Only a path of this site is returned to: a link with another address would be a trap. */
export function safeReturnPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/ui\/(?!sign-in|set-up)[^\\]*$/.test(value)
    ? value
    : undefined;
}
