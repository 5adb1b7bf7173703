/** Hands on what is said to something that is yet to be made: signals that come with the start of a run are said once. */
export class Mailbox<T> {
  private to: T | undefined;
  private readonly early: ((to: T) => void)[] = [];

  tell(say: (to: T) => void): void {
    if (this.to) say(this.to);
    else this.early.push(say);
  }

  /** Who is told at once by now. */
  get opened(): T | undefined {
    return this.to;
  }

  /** From now on all is told at once, after what came before. */
  open(to: T): void {
    this.to = to;
    for (const say of this.early.splice(0)) say(to);
  }
}
