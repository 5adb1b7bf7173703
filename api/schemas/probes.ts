import { Type } from 'typebox';

export const HealthSchema = Type.Object({ status: Type.Literal('ok') }, { $id: 'Health' });

export const ReadinessSchema = Type.Object(
  { status: Type.Literal('ok'), checks: Type.Record(Type.String(), Type.String()) },
  { $id: 'Readiness' },
);
