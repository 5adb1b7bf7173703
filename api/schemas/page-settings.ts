import { Type } from 'typebox';

export const PageSettingsSchema = Type.Object(
  {
    actions: Type.Boolean({ description: 'Whether people act and plan by this API, with a token' }),
    reads: Type.Enum(['open', 'kubernetes'], { description: '`kubernetes`: who reads needs a token too' }),
    temporalUi: Type.Optional(
      Type.Object(
        {
          url: Type.String({ format: 'uri', description: 'Without a slash at its end' }),
          namespace: Type.String({ description: 'The Temporal namespace of the runs' }),
        },
        { description: "Where Temporal's UI is, where somebody has said so" },
      ),
    ),
  },
  {
    $id: 'PageSettings',
    description: 'What the page has to know of this API',
    examples: [{ actions: true, reads: 'open', temporalUi: { url: 'http://localhost:8233', namespace: 'default' } }],
  },
);
