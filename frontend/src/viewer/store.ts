/** A value with listeners; pages read it through React's useSyncExternalStore. */
export class Store<T extends object> {
  private value: T;
  private readonly listeners = new Set<() => void>();

  constructor(initial: T) {
    this.value = initial;
  }

  readonly get = (): T => this.value;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** Merges the change; listeners are notified only if something differs. */
  set(change: Partial<T>): void {
    const names = Object.keys(change) as (keyof T)[];
    if (names.every((name) => Object.is(this.value[name], change[name]))) return;
    this.value = { ...this.value, ...change };
    for (const listener of [...this.listeners]) listener();
  }
}
