/** Only returns to a path of this site: a link with another address could be phishing. */
export function safeReturnPath(value: unknown): string | undefined {
  return typeof value === 'string' && /^\/ui\/(?!sign-in|set-up)[^\\]*$/.test(value)
    ? value
    : undefined;
}
