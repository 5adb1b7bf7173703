/** Lines as a tree, drawn as `tree` and `kubectl argo rollouts` draw it. */
export interface Branch {
  line: string;
  branches?: Branch[];
}

/** What stands under one another, each with what belongs to it. */
export function drawn(branches: readonly Branch[], indent = ''): string[] {
  return branches.flatMap(({ line, branches: below = [] }, at) => {
    const isLast = at === branches.length - 1;
    return [`${indent}${isLast ? '└─' : '├─'} ${line}`, ...drawn(below, `${indent}${isLast ? '   ' : '│  '}`)];
  });
}
