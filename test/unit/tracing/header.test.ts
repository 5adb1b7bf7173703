import { describe, expect, it } from '@jest/globals';
import { propagation, trace } from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { defaultPayloadConverter, type Headers } from '@temporalio/common';
import { extractContextFromHeaders } from '@temporalio/interceptors-opentelemetry/lib/instrumentation.js';
import { placeIn, withPlace } from '../../../tracing/header.ts';

const PLACE = { traceId: '0193ab4c6d5e7f809123456789abcdef', parentId: 'af63a24c860189fe' };
const headerOf = (value: unknown): Headers => ({ '_tracer-data': defaultPayloadConverter.toPayload(value)! });

describe('The header', () => {
  it.each([
    ['a place', PLACE],
    ['a place with what a run hands on', { ...PLACE, state: '{}' }],
  ])('says %s', (_, place) => {
    expect(placeIn(withPlace({}, place))).toEqual(place);
  });

  it('is the one that Temporal’s own interceptors read', () => {
    propagation.setGlobalPropagator(new W3CTraceContextPropagator());
    const context = extractContextFromHeaders(withPlace({}, { ...PLACE, state: '{}' }))!;
    expect(trace.getSpanContext(context)).toMatchObject({ traceId: PLACE.traceId, spanId: PLACE.parentId });
  });

  it('leaves others as they are', () => {
    const other = headerOf('x')['_tracer-data']!;
    expect(withPlace({ other }, PLACE)).toMatchObject({ other });
  });

  it.each<[string, Headers]>([
    ['is not there', {}],
    ['is of another form', headerOf({ traceparent: '00-1-2-01' })],
    ['has no trace', headerOf({})],
    ['is no object', headerOf(7)],
    ['is null', headerOf(null)],
    ['is no JSON', { '_tracer-data': { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{') } }],
    [
      'is encrypted',
      { '_tracer-data': { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('x') } },
    ],
    ['is empty', { '_tracer-data': {} }],
  ])('that %s says nothing, and throws nothing', (_, headers) => {
    expect(placeIn(headers)).toBeUndefined();
  });
});
