/** A collector as the product sees one: takes OTLP by HTTP and protobuf, or takes it in and never answers. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';

/** Of https://github.com/open-telemetry/opentelemetry-proto what the tests look at. */
const PROTO = `
  syntax = "proto3";
  message Request { repeated ResourceSpans resource_spans = 1; }
  message ResourceSpans { Resource resource = 1; repeated ScopeSpans scope_spans = 2; }
  message Resource { repeated KeyValue attributes = 1; }
  message ScopeSpans { repeated Span spans = 2; }
  message Span {
    bytes trace_id = 1; bytes span_id = 2; bytes parent_span_id = 4; string name = 5;
    fixed64 start_time_unix_nano = 7; fixed64 end_time_unix_nano = 8;
    repeated KeyValue attributes = 9; Status status = 15;
  }
  message Status { string message = 2; int32 code = 3; }
  message KeyValue { string key = 1; AnyValue value = 2; }
  message AnyValue { oneof value { string string_value = 1; bool bool_value = 2; int64 int_value = 3; double double_value = 4; } }
`;
const { root } = protobuf.parse(PROTO);
const Request = root.lookupType('Request');

export interface ReceivedSpan {
  traceId: string;
  spanId: string;
  /** Empty for a root. */
  parentId: string;
  name: string;
  startedAt: number;
  endedAt: number;
  attributes: Record<string, string>;
  resource: Record<string, string>;
  /** Why it has failed; empty where it has not. */
  error: string;
}

export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** Takes in what comes, and never answers. */
  hangs = false;
  /** Requests that were taken in. */
  requests = 0;
  readonly #server: Server;

  private constructor(server: Server) {
    this.#server = server;
  }

  static async start(): Promise<OtlpReceiver> {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const receiver = new OtlpReceiver(server);
    server.on('request', (request, response) => void receiver.#take(request, response));
    return receiver;
  }

  /** For OTEL_EXPORTER_OTLP_ENDPOINT. */
  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }

  async #take(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    this.requests += 1;
    if (this.hangs) return;
    const isTraces = request.url === '/v1/traces' && request.headers['content-type'] === 'application/x-protobuf';
    if (isTraces) this.spans.push(...spansIn(Buffer.concat(chunks)));
    response.writeHead(isTraces ? 200 : 404, { 'content-type': 'application/x-protobuf' }).end();
  }
}

type Decoded = Record<string, unknown>;

function spansIn(body: Buffer): ReceivedSpan[] {
  const { resourceSpans } = Request.toObject(Request.decode(body), { longs: String, arrays: true, defaults: true });
  return (resourceSpans as Decoded[]).flatMap(({ resource, scopeSpans }) =>
    (scopeSpans as { spans: Decoded[] }[]).flatMap(({ spans }) =>
      spans.map((span) => ({
        traceId: hexOf(span.traceId),
        spanId: hexOf(span.spanId),
        parentId: hexOf(span.parentSpanId),
        name: String(span.name),
        startedAt: Number(span.startTimeUnixNano) / 1e6,
        endedAt: Number(span.endTimeUnixNano) / 1e6,
        attributes: attributesOf(span),
        resource: attributesOf(resource as Decoded),
        error: (span.status as Decoded | null)?.code === 2 ? String((span.status as Decoded).message) : '',
      })),
    ),
  );
}

function hexOf(bytes: unknown): string {
  return Buffer.from(bytes as Uint8Array).toString('hex');
}

function attributesOf({ attributes }: Decoded): Record<string, string> {
  const pairs = (attributes as { key: string; value: Decoded }[]).map(({ key, value }) => {
    const [one] = ['stringValue', 'intValue', 'doubleValue', 'boolValue'].filter((name) => value[name] !== undefined);
    return [key, String(one && value[one])];
  });
  return Object.fromEntries(pairs);
}

/** The spans as a tree, a line each, in the order they began: what a person sees. */
export function treeOf(spans: readonly ReceivedSpan[], line: (span: ReceivedSpan) => string): string[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const below = (parentId: string, depth: number): string[] =>
    spans
      .filter((span) => (known.has(span.parentId) ? span.parentId : '') === parentId)
      .toSorted((a, b) => a.startedAt - b.startedAt)
      .flatMap((span) => [`${'  '.repeat(depth)}${line(span)}`, ...below(span.spanId, depth + 1)]);
  return below('', 0);
}
