import { spawnSync } from 'node:child_process';
import { describe, expect, it } from '@jest/globals';
import { complete, completionLines } from '../../../cli/complete.ts';
import { completionScript } from '../../../cli/completion-scripts.ts';
import { programOf } from '../../../cli/program.ts';

/** What kubectl was asked, and what it answers. */
async function completed(words: string[], answer = '') {
  const asked: string[][] = [];
  const { candidates, files } = await complete(programOf(), words, async (args, access) => {
    asked.push([...access, ...args]);
    return answer;
  });
  return { words: candidates.map(({ word }) => word), files, asked };
}

describe('completion', () => {
  it.each([
    ['a command', ['st'], ['status']],
    ['a command after options', ['-n', 'shop', '--context=c', 're'], ['reject', 'resume', 'retry', 'restart']],
    ['not the value of an option as a command', ['-n', 'status', 'dif'], ['diff']],
    ['an option', ['approve', 'web', '--la'], ['--layer']],
    ['an option of all commands', ['status', '--kubec'], ['--kubeconfig']],
    ['a value of those there are', ['status', 'web', '-o', ''], ['json', 'yaml']],
    ['such a value after a sign', ['approve', '--layer=f'], ['--layer=fog']],
    ['a shell', ['completion', 'z'], ['zsh']],
    ['nothing after the last argument', ['status', 'web', ''], []],
    ['nothing for words of people', ['pause', 'web', '--reason', ''], []],
  ])('knows %s', async (_, words, expected) => {
    expect(await completed(words)).toEqual({ words: expected, files: false, asked: [] });
  });

  it('leaves files to the shell', async () => {
    expect(await completed(['lint', '-f', ''])).toMatchObject({ words: [], files: true });
    expect(completionLines({ candidates: [{ word: 'a', description: 'b' }], files: true })).toEqual(['a\tb', ':0']);
  });

  it('asks kubectl for names, with the access that was typed', async () => {
    const answer = 'fogrollout.paguos.io/web\nfogrollout.paguos.io/shop\n';
    expect(await completed(['-n', 'shop', '--as=alice', 'status', 'w'], answer)).toEqual({
      words: ['web'],
      files: false,
      asked: [['--namespace', 'shop', '--as=alice', 'get', 'fogrollouts.paguos.io', '-o', 'name']],
    });
    expect((await completed(['get', 'web', ''], answer)).words).toEqual(['web', 'shop']);
    expect((await completed(['sites', ''])).asked).toEqual([['get', 'fogsites.paguos.io', '-o', 'name']]);
    expect((await completed(['--context', ''], 'arn:aws/one\n')).words).toEqual(['arn:aws/one']);
  });

  it('is read by bash', () => {
    const command = 'kubectl-fog() { printf "status\\tas a tree\\n:4\\n"; }';
    const typing = 'COMP_WORDS=(kubectl-fog st) COMP_CWORD=1; _kubectl_fog; echo $COMPREPLY';
    const { stdout } = spawnSync('bash', ['-c', `${completionScript('bash')}\n${command}\n${typing}`], {
      encoding: 'utf8',
    });
    expect(stdout).toBe('status\n');
  });
});

describe('every command', () => {
  it.each(programOf().commands.map((command) => [command.name(), command] as const))(
    '%s says what it does',
    (_, command) => {
      expect(command.description()).not.toBe('');
      for (const { description } of [...command.options, ...command.registeredArguments])
        expect(description).not.toBe('');
      expect(command.helpInformation()).toContain('--namespace');
    },
  );
});
