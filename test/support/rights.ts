/** What ServiceAccounts may do: asked of the API server, or tried with a token of theirs. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { StackInfo } from './stack.ts';

export interface Question {
  /** `<namespace>:<name>`. */
  serviceAccount: string;
  verb: string;
  /** `plural.group`, or `plural.group/subresource`. */
  resource: string;
  /** Empty: every one. */
  namespace: string;
  /** Of one object; left out: of any. */
  name?: string;
}

export type Answer = Question & { answer: 'yes' | 'no' };

/** What `kubectl auth can-i --as` says to each; all in one call, because there are many. */
export async function answersTo(
  questions: Question[],
  kubectl: { path: string; env: NodeJS.ProcessEnv },
): Promise<Answer[]> {
  const input = questions.map((question) => JSON.stringify(reviewOf(question))).join('\n---\n');
  const { stdout } = await execa(kubectl.path, ['create', '-f', '-', '-o', 'jsonpath={.status.allowed} '], {
    env: kubectl.env,
    input,
  });
  const allowed = stdout.trim().split(' ');
  return questions.map((question, at) => ({ ...question, answer: allowed[at] === 'true' ? 'yes' : 'no' }));
}

function reviewOf({ serviceAccount, verb, resource, namespace, name }: Question): object {
  const [type, subresource] = resource.split('/');
  const [plural, ...group] = type!.split('.');
  const [home] = serviceAccount.split(':');
  return {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SubjectAccessReview',
    spec: {
      user: `system:serviceaccount:${serviceAccount}`,
      groups: ['system:serviceaccounts', `system:serviceaccounts:${home}`, 'system:authenticated'],
      resourceAttributes: { verb, resource: plural, subresource, group: group.join('.'), namespace, name },
    },
  };
}

/** Writes a kubeconfig of the stack's cluster with nothing but a ServiceAccount's token, and returns its path. */
export async function kubeconfigOf(
  { namespace, name }: { namespace: string; name: string },
  { dir, kubeconfig, tools }: StackInfo,
): Promise<string> {
  const kubectl = async (...args: string[]) =>
    (await execa(tools.kubectl!, [...args, '--kubeconfig', kubeconfig])).stdout;
  const token = await kubectl('create', 'token', name, '-n', namespace);
  const config = JSON.parse(await kubectl('config', 'view', '--raw', '--minify', '--flatten', '-o', 'json'));
  for (const entry of config.users) entry.user = { token };
  const path = join(dir, `${name}.kubeconfig`);
  writeFileSync(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}
