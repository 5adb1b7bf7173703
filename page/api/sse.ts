/** Server-sent events out of a stream's text, as the HTML standard has them. Pure. */

export interface ServerEvent {
  event: string;
  data: string;
  /** The last one that was told, by this event or one before. */
  id: string;
}

/** Takes the text of a stream piece by piece, wherever it was cut. */
export class EventParser {
  #rest = '';
  #event = '';
  #data: string[] = [];
  #id = '';
  #comment = '';

  /** The last comment there was. */
  get comment(): string {
    return this.#comment;
  }

  /** The events that are whole by now. */
  take(text: string): ServerEvent[] {
    const events: ServerEvent[] = [];
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) {
      const event = this.#line(line.endsWith('\r') ? line.slice(0, -1) : line);
      if (event) events.push(event);
    }
    return events;
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#end();
    const colon = line.indexOf(':');
    if (colon === 0) {
      this.#comment = line.slice(1).trim();
      return undefined;
    }
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
    if (field === 'event') this.#event = value;
    else if (field === 'data') this.#data.push(value);
    else if (field === 'id') this.#id = value;
    return undefined;
  }

  #end(): ServerEvent | undefined {
    const [event, data] = [this.#event || 'message', this.#data];
    [this.#event, this.#data] = ['', []];
    return data.length === 0 ? undefined : { event, data: data.join('\n'), id: this.#id };
  }
}
