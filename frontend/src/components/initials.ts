/** One or two initials of a name; titles are ignored. */
export function initials(name: string): string {
  const words = name.split(/\s+/).filter((word) => word && !/^(dr|prof|md|phd)\.?$/i.test(word));
  const first = words[0]?.[0] ?? name[0] ?? '?';
  const last = words.length > 1 ? (words.at(-1)?.[0] ?? '') : '';
  return (first + last).toUpperCase();
}
