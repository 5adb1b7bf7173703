/** What `make demo` shows: each scene is words, and the commands that a person would type. */

export interface Scene {
  title: string;
  /** Sentences, a line each. */
  words: string[];
  steps: Step[];
}

/** A command, as it stands in a shell. */
export interface Step {
  command: string;
  /** It ends with an exit code other than 0, and that is what is shown. */
  fails?: boolean;
}

export const NAMESPACE = 'shops';
export const SITES = 'examples/regions/1-sites.yml';
const run = (command: string): Step => ({ command });
const fog = (args: string): Step => run(`kubectl fog ${args} -n ${NAMESPACE}`);
const apply = (file: string): Step => run(`kubectl apply -f examples/demo/${file}`);
const until = (path: string, value: string): Step =>
  run(`kubectl wait fgr/till -n ${NAMESPACE} --for=jsonpath='{${path}}'=${value} --timeout=120s`);

export const SCENES: readonly Scene[] = [
  {
    title: 'A fleet',
    words: [
      'A company: headquarters, three regions, nine shops. Each site is a namespace here; it could be a cluster.',
    ],
    steps: [
      run(`kubectl create namespace ${NAMESPACE}`),
      run(`kubectl apply -f ${SITES}`),
      apply('till-1.yml'),
      fog('wait till --timeout 120'),
      fog('status till'),
    ],
  },
  {
    title: 'Two people have to agree',
    words: ['Alice and Bob may act on rollouts, and may not change them.'],
    steps: [
      run(`kubectl create role acting -n ${NAMESPACE} --verb=create,get --resource=fogactions.paguos.io`),
      run(`kubectl create rolebinding acting -n ${NAMESPACE} --role=acting --user=alice --user=bob`),
      fog('plan -f examples/demo/till-2.yml'),
      apply('till-2.yml'),
      until('.status.phase', 'WaitingForApproval'),
      fog('approve till --reason "the shops are closed" --as alice'),
      { ...fog('approve till --as alice'), fails: true },
      fog('approve till --as bob'),
    ],
  },
  {
    title: 'Paused in the middle, and slowed down',
    words: ['One shop tries it. Something looks odd: no further shop is given it, until somebody says so.'],
    steps: [
      fog('pause till --reason "a till in Hamburg beeps" --as alice'),
      until('.status.phase', 'Paused'),
      fog('status till'),
      run(
        `kubectl patch fgr till -n ${NAMESPACE} --type=merge -p '{"spec":{"strategy":{"layers":{"edge":{"maxConcurrency":2}}}}}'`,
      ),
      fog('resume till --as bob'),
      fog('wait till --timeout 180'),
    ],
  },
  {
    title: 'A bad image',
    words: [
      'The fog cannot pull it. No shop is given anything, and all layers go back by themselves, the lowest first.',
    ],
    steps: [
      apply('till-3.yml'),
      { ...fog('wait till --timeout 120'), fails: true },
      fog('status till'),
      fog('retry till --reason "perhaps the registry was away" --as bob'),
      { ...fog('wait till --timeout 120'), fails: true },
    ],
  },
  {
    title: 'Stop the line',
    words: ['Nothing may change now. The version that is right waits for the window to open again.'],
    steps: [
      fog('freeze --reason "inventory"'),
      apply('till-4.yml'),
      until('.status.conditions[0].reason', 'WindowClosed'),
      run(`kubectl get fgr till -n ${NAMESPACE} -o jsonpath='{.status.conditions[0].message}{"\\n"}'`),
      fog('unfreeze'),
      fog('wait till --timeout 120'),
      fog('status till'),
    ],
  },
  {
    title: 'What is left',
    words: ['Nothing: what was rolled out goes with its FogRollout, from the edge upwards.'],
    steps: [
      run(`kubectl delete fgr till -n ${NAMESPACE} --timeout=120s`),
      run(`kubectl delete -f ${SITES}`),
      run(`kubectl delete namespace ${NAMESPACE} --timeout=120s`),
    ],
  },
];
