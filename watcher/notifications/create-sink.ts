/** Makes a sink of what people have configured. Heavy, for CEL; loaded where there are sinks. */
import { hostOf } from '../../kube/addresses.ts';
import { messageOf } from '../../kube/errors.ts';
import { selects } from '../../model/fleet/selector.ts';
import { selectorIn } from '../../model/label-selector.ts';
import { KINDS, type Kind, typeOf } from '../../model/notifications/kinds.ts';
import { readCondition, readTemplate } from './expressions.ts';
import { sampleOf } from './samples.ts';
import { readSecret } from './signature.ts';
import { CLOUD_EVENT, type Sink } from './sink.ts';

/** As the configuration has it, with what is in Secrets. */
export interface SinkOptions {
  name: string;
  url: string;
  /** `whsec_…`, each. */
  signing?: string[];
  bearer?: string;
  headers?: Record<string, string>;
  /** Kinds or types, with `*`; left out, all. */
  types?: string[];
  namespaces?: string[];
  /** As kubectl has it. */
  selector?: string;
  /** CEL over `event` that says yes or no. */
  when?: string;
  /** CEL over `event` that gives JSON; left out, the event is sent as it is. */
  template?: string;
  timeoutSeconds?: number;
  giveUpAfterHours?: number;
}

/** They are ours to say. */
const OWN_HEADERS = /^(webhook-|content-|host$|connection$|transfer-encoding$|user-agent$)/i;

/**
 * @param hosts - that may be asked without TLS
 * @throws Error, in a line that begins with the field and repeats nothing secret
 */
export function createSink(options: SinkOptions, hosts: readonly string[]): Sink {
  const { name, url, signing = [], bearer, headers = {}, timeoutSeconds = 10, giveUpAfterHours = 24 } = options;
  checked('url', () => checkUrl(url, hosts));
  const secrets = signing.map((text, at) => checked(`signing/${at}`, () => readSecret(text)));
  const sent = { ...headers, ...(bearer !== undefined && { authorization: `Bearer ${bearer.trim()}` }) };
  for (const [header, value] of Object.entries(sent)) checked(`headers/${header}`, () => checkHeader(header, value));
  const { template, namespaces } = options;
  const body = template === undefined ? JSON.stringify : checked('template', () => readTemplate(template));
  const kinds = kindsOf(options);
  const { when } = options;
  const condition = when === undefined ? undefined : checked('when', () => readCondition(when));
  const selector = checked('selector', () => readSelector(options.selector));
  const sink: Sink = {
    name,
    url,
    headers: sent,
    secrets,
    timeoutMs: timeoutSeconds * 1_000,
    giveUpMs: giveUpAfterHours * 3_600_000,
    takes: ({ metadata }) =>
      (namespaces === undefined || namespaces.includes(metadata.namespace)) && selects(selector, metadata.labels),
    hears: (kind) => kinds.has(kind),
    wants: (event) => condition === undefined || checked('when', () => condition(event)),
    bodyOf: (event) => checked('template', () => body(event)),
    contentType: template === undefined ? CLOUD_EVENT : 'application/json; charset=utf-8',
  };
  tryOut(sink);
  return sink;
}

/** What goes wrong with every event of a kind is found out before there is one. */
function tryOut(sink: Sink): void {
  for (const kind of KINDS.filter(sink.hears)) {
    const event = sampleOf(kind);
    try {
      if (sink.wants(event)) sink.bodyOf(event);
    } catch (error) {
      throw new Error(`${messageOf(error)}, for ${event.type}`);
    }
  }
}

function kindsOf({ types }: SinkOptions): ReadonlySet<Kind> {
  if (types === undefined) return new Set(KINDS);
  return new Set(types.flatMap((glob, at) => checked(`types/${at}`, () => readGlob(glob))));
}

/** The kinds that it stands for. */
function readGlob(glob: string): Kind[] {
  const pattern = /^[\w.*]+$/.test(glob) ? glob.replaceAll('.', '\\.').replaceAll('*', '.*') : '[]';
  const of = new RegExp(`^${pattern}$`);
  const kinds = KINDS.filter((kind) => of.test(kind) || of.test(typeOf(kind)));
  if (kinds.length === 0) throw new Error(`"${glob}" is none of ${KINDS.join(', ')}`);
  return kinds;
}

function readSelector(text = '') {
  const selector = selectorIn(text);
  if (!selector) throw new Error(`"${text}" is no label selector, e.g. team=web,tier in (gold,silver)`);
  return selector;
}

function checkUrl(text: string, hosts: readonly string[]): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && url.protocol !== 'http:')) throw new Error('is no URL of https');
  if (url.username !== '' || url.password !== '') throw new Error('has a user in it: use headers or bearer');
  if (url.protocol === 'http:' && !hosts.includes(hostOf(url))) {
    throw new Error(`is without TLS: use https, or list ${hostOf(url)} in hosts`);
  }
}

function checkHeader(header: string, value: string): void {
  if (!/^[\w!#$%&'*+.^`|~-]+$/.test(header)) throw new Error('is no name of a header');
  if (OWN_HEADERS.test(header)) throw new Error('is ours to say');
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(value)) throw new Error('has characters that no header may have');
}

function checked<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${field} ${messageOf(error)}`);
  }
}
