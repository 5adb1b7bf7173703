/** Clusters that answer again, told by those who watch them to those who wait. By what clusterKeyOf makes of a place there. */
export class Returns {
  readonly #listeners = new Set<(cluster: string) => void>();

  tell(cluster: string): void {
    for (const listener of [...this.#listeners]) listener(cluster);
  }

  /** @returns a function that ends it */
  follow(listener: (cluster: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}
