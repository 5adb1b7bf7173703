import { known } from '../live/store.ts';
import { type ListFilter, rolloutAddress } from '../routing.ts';

export function ListView({ filter: _ }: { filter: ListFilter }) {
  const { rollouts } = known.value;
  return (
    <ul>
      {[...rollouts.values()].map((one) => (
        <li key={`${one.namespace}/${one.name}`}>
          <a href={rolloutAddress(one)}>
            {one.namespace}/{one.name}
          </a>{' '}
          {one.phase}
        </li>
      ))}
    </ul>
  );
}
