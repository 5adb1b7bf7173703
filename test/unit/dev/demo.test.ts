import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { programOf } from '../../../cli/program.ts';
import { SCENES } from '../../../dev/demo/scenes.ts';
import { ROOT } from '../../../dev/home.ts';

const COMMANDS = SCENES.flatMap(({ steps }) => steps.map(({ command }) => command));

describe('make demo', () => {
  it('names manifests that are there', () => {
    const files = COMMANDS.flatMap((command) => [...command.matchAll(/-f (\S+)/g)].map(([, file]) => file!));
    expect(files.length).toBeGreaterThan(4);
    for (const file of files) expect([file, existsSync(join(ROOT, file))]).toEqual([file, true]);
  });

  it('uses commands of kubectl fog, with options that they have', () => {
    const program = programOf();
    const globals = program.options.map(({ long }) => long);
    const ours = COMMANDS.filter((command) => command.startsWith('kubectl fog '));
    expect(ours.length).toBeGreaterThan(10);
    for (const command of ours) {
      const [, , name] = command.split(' ');
      const known = program.commands.find((one) => one.name() === name);
      const options = [...globals, ...(known?.options.map(({ long }) => long) ?? [])];
      const used = [...command.replaceAll(/"[^"]*"/g, '').matchAll(/--[a-z-]+/g)].map(([option]) => option);
      expect([command, known?.name(), used.filter((option) => !options.includes(option))]).toEqual([command, name, []]);
    }
  });
});
