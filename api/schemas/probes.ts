import { Type } from 'typebox';

export const HealthSchema = Type.Object(
  { status: Type.Literal('ok') },
  { $id: 'Health', examples: [{ status: 'ok' }] },
);

export const ReadinessSchema = Type.Object(
  {
    status: Type.Enum(['ok', 'degraded'], {
      description: 'degraded: it answers, but one of the checks says what is wrong, such as a watch that is cut off',
    }),
    checks: Type.Record(Type.String(), Type.String()),
  },
  { $id: 'Readiness', examples: [{ status: 'ok', checks: { kubernetes: 'ok' } }] },
);
