interface Site {
  /** The name that the hospital gave the site; empty if it gave none. */
  name: string;
  /** Text for the sign-in page. */
  notice: string;
  /** Language of the pages for users who have chosen none: a BCP 47 tag, or "browser". */
  language: string;
  /** Whether the site sends email. */
  mail: boolean;
}

function read(): Site {
  const none = { name: '', notice: '', language: 'browser', mail: false };
  try {
    const meta = document.querySelector<HTMLMetaElement>('meta[name="sonoloop-site"]');
    return { ...none, ...(JSON.parse(meta?.content ?? '') as Partial<Site>) };
  } catch {
    return none; // Vite's dev server writes nothing there, and unit tests have no document.
  }
}

/** The facts about the site that the server wrote into the page. */
export const site: Site = read();
