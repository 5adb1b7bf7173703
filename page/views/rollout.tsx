import { SiteGrid } from '../grid/site-grid.tsx';
import { useStatus } from '../live/status.ts';

export interface RolloutViewProps {
  namespace: string;
  name: string;
}

export function RolloutView({ namespace, name }: RolloutViewProps) {
  const { view, error } = useStatus(namespace, name);
  return (
    <>
      <h1>{name}</h1>
      {error && (
        <p class="notice" role="alert">
          {error.message}
        </p>
      )}
      {view && (
        <>
          <p>
            {namespace} · {view.phase} · {view.version}
          </p>
          {view.message && <p>{view.message}</p>}
          <ul>
            {view.stages.map(({ layer, phase, ready, message }) => (
              <li key={layer}>
                {layer}: {phase} {ready} {message}
              </li>
            ))}
          </ul>
          <SiteGrid namespace={namespace} name={name} />
        </>
      )}
    </>
  );
}
