import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from '../../../entry/config.ts';

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318' };
const TO = 'http://otel:4318/v1/traces';

describe('Traces', () => {
  it.each<[string, Record<string, string>, unknown]>([
    ['nowhere, without an endpoint', {}, undefined],
    ['to a collector', ENDPOINT, { endpoint: TO, ratio: 1 }],
    [
      'to a collector whose URL ends with a slash',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://otel:4318/' },
      { endpoint: TO, ratio: 1 },
    ],
    [
      'to the URL of traces',
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'https://a/b' },
      { endpoint: 'https://a/b', ratio: 1 },
    ],
    [
      'by the protocol that is ours',
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'http/protobuf' },
      { endpoint: TO, ratio: 1 },
    ],
    ['nowhere, with OpenTelemetry off', { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' }, undefined],
    ['nowhere, with no exporter', { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'none' }, undefined],
    ['of none', { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'always_off' }, { endpoint: TO, ratio: 0 }],
    [
      'of a part',
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'parentbased_traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.25' },
      { endpoint: TO, ratio: 0.25 },
    ],
  ])('are sent %s', (_, environment, expected) => {
    expect(loadConfig(environment).tracing).toEqual(expected);
  });

  it.each<[string, Record<string, string>, string]>([
    [
      'an endpoint that is no URL',
      { OTEL_EXPORTER_OTLP_ENDPOINT: 'otel:4318' },
      'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL of http or https, e.g. http://otel-collector:4318, but it is not',
    ],
    [
      'an endpoint of traces that is none',
      { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'x' },
      'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT must be a URL',
    ],
    [
      'gRPC',
      { ...ENDPOINT, OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
      'OTEL_EXPORTER_OTLP_PROTOCOL must be http/protobuf, which collectors take at port 4318, or left out, but it is "grpc"',
    ],
    [
      'another exporter',
      { ...ENDPOINT, OTEL_TRACES_EXPORTER: 'zipkin' },
      'OTEL_TRACES_EXPORTER must be otlp or none, but it is "zipkin"',
    ],
    [
      'an unknown sampler',
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'some' },
      'OTEL_TRACES_SAMPLER must be one of always_on, parentbased_always_on,',
    ],
    [
      'a part that is none',
      { ...ENDPOINT, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '2' },
      'OTEL_TRACES_SAMPLER_ARG must be a number from 0 to 1, but it is "2"',
    ],
    [
      'a page that names no trace',
      { FOG_ROLLOUTS_TRACE_URL: 'https://jaeger' },
      'FOG_ROLLOUTS_TRACE_URL: must be a URL with {traceId} in it, e.g. https://jaeger.example/trace/{traceId}',
    ],
    ['a page that is none', { FOG_ROLLOUTS_TRACE_URL: '{traceId}' }, 'FOG_ROLLOUTS_TRACE_URL: must be a URL'],
  ])('are refused with %s, in one line', (_, environment, message) => {
    expect(() => loadConfig(environment)).toThrow(ConfigError);
    expect(() => loadConfig(environment)).toThrow(message);
  });

  it('repeat no credentials', () => {
    const environment = { OTEL_EXPORTER_OTLP_ENDPOINT: 'ftp://user:hunter2@otel' };
    expect(() => loadConfig(environment)).toThrow(/^(?!.*hunter2)/);
  });
});
