import { Type } from 'typebox';
import { LAYERS } from '../../model/layers.ts';
import { WINDOW_CALENDAR } from './examples.ts';
import { NamespaceQuery } from './parameters.ts';

const time = (description?: string) => Type.String({ format: 'date-time', ...(description && { description }) });
const text = (description: string) => Type.String({ description });

export const WindowsQuery = Type.Object({
  ...NamespaceQuery.properties,
  week: Type.Optional(
    Type.String({
      pattern: '^\\d{4}-\\d{2}-\\d{2}$',
      description: 'Any day of the week that is asked for, at most 400 days from today; this week if left out',
      examples: ['2026-11-23'],
    }),
  ),
});

const Closed = Type.Array(Type.Object({ from: time(), until: time() }), {
  description: 'When it is closed, of the time that is shown, in order',
});
const open = Type.Boolean({ description: 'Whether it is now' });
const until = Type.Optional(time('When that changes next; left out where it does not, or nobody knows'));

const Gate = Type.Object({
  layer: Type.Enum([...LAYERS]),
  at: Type.Enum(['before', 'after']),
  wave: Type.Optional(text('Of the layer: it is waited for after that')),
  name: Type.String(),
});

const Window = Type.Object({
  name: Type.Optional(text('Of the FogWindow; left out of what a gate has inline')),
  namespace: Type.Optional(text('Where it is not that of the FogRollout')),
  reason: Type.Optional(text('For people')),
  overrun: Type.Enum(['Finish', 'Stop'], {
    description: 'What becomes of a rollout that is under way when it closes',
  }),
  holds: Type.Boolean({ description: 'The rollout as a whole waits for it' }),
  gates: Type.Array(Gate, { description: 'Gates that wait for it' }),
  sites: Type.Optional(text('It closes the FogSites with these labels; empty: all')),
  fault: Type.Optional(text('Why it cannot be read: then it is closed')),
  ...{ open, until },
  timeZones: Type.Array(Type.String(), { description: 'Of its rules' }),
  closed: Closed,
});

/** The shape of `WindowCalendar` (model/windows/calendar.ts). */
export const WindowsSchema = Type.Object(
  {
    namespace: Type.String(),
    name: Type.String(),
    from: time('What is shown'),
    until: time(),
    windows: Type.Array(Window),
    together: Type.Object(
      { open, until, closed: Closed },
      { description: 'Those that hold the rollout as a whole, together; without any, it is open' },
    ),
    leftOut: Type.Integer({ minimum: 0, description: 'How many more there are' }),
  },
  { $id: 'Windows', description: 'The windows of a FogRollout in one week', examples: [WINDOW_CALENDAR] },
);
