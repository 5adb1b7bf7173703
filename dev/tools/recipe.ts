/** How the tools are built, and a name for it. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type GoModule, LINKER_FLAGS } from './catalog.ts';

/** Where the module of a tool is. One has all of the stack: what they share, most of all Kubernetes' libraries, is compiled once. */
export const folderOf = (module: GoModule = 'go'): string => join(import.meta.dirname, module);

/**
 * Same for every tool, or packages that two of them share would be compiled for each. Nobody debugs these binaries: so no
 * debug information is made, which the linker would only drop, and no profile is applied, which compiles everything anew.
 * `disable_grpc_modules` leaves out how Google's storage is reached over gRPC, and `grpcnotrace` traces of gRPC.
 */
export const FLAGS: readonly string[] = [
  '-trimpath',
  '-pgo=off',
  '-tags=grpcnotrace,disable_grpc_modules',
  `-ldflags=${LINKER_FLAGS}`,
];

/** Goes to the compiler of every package. */
export const COMPILER_FLAGS: readonly string[] = ['-dwarf=false'];

const ours = new Map<GoModule, string>();

/** {@link recipeOf} a module of ours, which does not change while we run: read once. */
export function ourRecipe(module: GoModule = 'go'): string {
  const known = ours.get(module) ?? recipeOf(folderOf(module));
  ours.set(module, known);
  return known;
}

/** Eight characters that change with the libraries and the flags: a tool of another recipe is another binary. */
export function recipeOf(module: string): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(module, file)));
  for (const flag of [...FLAGS, ...COMPILER_FLAGS]) hash.update(flag);
  return hash.digest('hex').slice(0, 8);
}
