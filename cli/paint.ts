import { styleText } from 'node:util';

export type Style = 'green' | 'red' | 'yellow' | 'dim' | 'bold';

/** Styles text, or leaves it plain: when piped, or with `NO_COLOR`. */
export type Paint = (style: Style, text: string) => string;

export const coloured: Paint = (style, text) => styleText(style, text, { validateStream: false });
export const plain: Paint = (_, text) => text;
