import type { TracingConfig } from '../tracing/tracing.ts';

type Environment = Record<string, string | undefined>;

/** What traces go by: https://opentelemetry.io/docs/specs/otel/protocol/exporter/ */
const PROTOCOL = 'http/protobuf';
const PATH = 'v1/traces';

/** Sampling is by the trace's id, of which all spans of a run have one: what is asked of parents comes to the same. */
const SAMPLERS: Record<string, (ratio: () => number) => number> = {
  always_on: () => 1,
  always_off: () => 0,
  traceidratio: (ratio) => ratio(),
};

/**
 * OpenTelemetry's own variables, as far as they decide whether and where to: the library reads the others itself, and would only
 * complain of these.
 *
 * @returns undefined where no traces are to be sent
 * @throws Error that names the variable, and repeats no credentials
 */
export function tracingIn(environment: Environment): TracingConfig | undefined {
  const endpoint = endpointIn(environment);
  if (endpoint === undefined || environment.OTEL_SDK_DISABLED?.toLowerCase() === 'true') return undefined;
  const { OTEL_TRACES_EXPORTER: exporter = 'otlp' } = environment;
  if (exporter === 'none') return undefined;
  if (exporter !== 'otlp') {
    throw new Error(`OTEL_TRACES_EXPORTER must be otlp or none, but it is "${exporter}"`);
  }
  for (const name of ['OTEL_EXPORTER_OTLP_TRACES_PROTOCOL', 'OTEL_EXPORTER_OTLP_PROTOCOL']) {
    const protocol = environment[name];
    if (protocol !== undefined && protocol !== PROTOCOL) {
      throw new Error(
        `${name} must be ${PROTOCOL}, which collectors take at port 4318, or left out, but it is "${protocol}"`,
      );
    }
  }
  return { endpoint, ratio: ratioIn(environment) };
}

/** The one of traces is the whole URL, the other one that of a collector. */
function endpointIn(environment: Environment): string | undefined {
  const { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: own, OTEL_EXPORTER_OTLP_ENDPOINT: common } = environment;
  if (own !== undefined) return checked('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', own);
  if (common === undefined) return undefined;
  checked('OTEL_EXPORTER_OTLP_ENDPOINT', common);
  return `${common.replace(/\/+$/, '')}/${PATH}`;
}

function checked(name: string, url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed && (parsed.protocol === 'http:' || parsed.protocol === 'https:')) return url;
  throw new Error(`${name} must be a URL of http or https, e.g. http://otel-collector:4318, but it is not`);
}

function ratioIn({ OTEL_TRACES_SAMPLER: name = 'always_on', OTEL_TRACES_SAMPLER_ARG: arg }: Environment): number {
  const sampler = SAMPLERS[name.replace(/^parentbased_/, '')];
  if (!sampler) {
    const known = Object.keys(SAMPLERS).flatMap((one) => [one, `parentbased_${one}`]);
    throw new Error(`OTEL_TRACES_SAMPLER must be one of ${known.join(', ')}, but it is "${name}"`);
  }
  return sampler(() => {
    const ratio = Number(arg ?? 1);
    if (ratio >= 0 && ratio <= 1) return ratio;
    throw new Error(`OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, but it is "${arg}"`);
  });
}

/** Where a page shows a trace. */
const TRACE_ID = '{traceId}';

/** @throws Error where it names no trace, or is no URL of a page */
export function checkTraceUrl(template: string): string {
  const url = template.replaceAll(TRACE_ID, '0'.repeat(32));
  const isPage = URL.canParse(url) && /^https?:$/.test(new URL(url).protocol);
  if (isPage && template.includes(TRACE_ID)) return template;
  throw new Error(`must be a URL with ${TRACE_ID} in it, e.g. https://jaeger.example/trace/${TRACE_ID}`);
}
