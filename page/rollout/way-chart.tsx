/** A run's way through the layers: a lane each, bars in time; and the same as a table. */
import { phaseText } from '../text.ts';
import { secondsText } from './history.tsx';
import { type Bar, ticksOf, type Way } from './run-times.ts';

const LANE = 30;
const BAR = 14;
const TOP = 20;

export function WayChart({ way, title }: { way: Way; title: string }) {
  const { lanes, marks } = way;
  const whole = way.until - way.from;
  const percent = (time: number) => `${(100 * (time - way.from)) / whole}%`;
  const width = ({ from, until }: Bar) => `${Math.max(0.3, (100 * (until - from)) / whole)}%`;
  const height = TOP + lanes.length * LANE + (marks.length > 0 ? 16 : 0);
  return (
    <figure class="way">
      <figcaption>{title}: its way through the layers</figcaption>
      <div class="way-lanes">
        <div class="way-names" aria-hidden="true" style={{ paddingTop: `${TOP}px` }}>
          {lanes.map(({ layer }) => (
            <span key={layer} style={{ height: `${LANE}px` }}>
              {layer}
            </span>
          ))}
        </div>
        <svg aria-hidden="true" height={height}>
          <Axis way={way} height={height} />
          {lanes.map(({ layer, bars }, lane) =>
            bars.map((bar) => (
              <rect
                key={`${layer}/${bar.kind}/${bar.name}/${bar.from}`}
                class={`way-${bar.kind} is-${bar.state.toLowerCase()}${bar.isOpen ? ' is-open' : ''}`}
                x={percent(bar.from)}
                y={TOP + lane * LANE + (LANE - BAR) / 2}
                width={width(bar)}
                height={BAR}
                rx="3"
              >
                <title>{barText(bar)}</title>
              </rect>
            )),
          )}
          {marks.map(({ at, text }) => (
            <g key={`${at}/${text}`} class="way-mark">
              <line x1={percent(at)} x2={percent(at)} y1={TOP} y2={height} />
              <circle cx={percent(at)} cy={height - 6} r="4">
                <title>{text}</title>
              </circle>
            </g>
          ))}
        </svg>
      </div>
      <p class="way-legend" aria-hidden="true">
        <span class="way-key is-layer">at work</span>
        <span class="way-key is-gate">waits at a gate</span>
        {marks.length > 0 && <span class="way-key is-mark">somebody acted</span>}
      </p>
      <details>
        <summary>As a table</summary>
        <WayTable way={way} />
      </details>
    </figure>
  );
}

function Axis({ way, height }: { way: Way; height: number }) {
  return (
    <g class="way-axis">
      {ticksOf(way).map(({ at, text }) => (
        <g key={text}>
          <line x1={`${at * 100}%`} x2={`${at * 100}%`} y1={TOP - 4} y2={height} />
          <text x={`${at * 100}%`} y="11" text-anchor={at > 0.95 ? 'end' : at < 0.02 ? 'start' : 'middle'}>
            {text}
          </text>
        </g>
      ))}
    </g>
  );
}

function barText({ kind, name, state, from, until, isOpen, message }: Bar): string {
  const what = kind === 'gate' ? `gate ${name}` : name;
  return `${what}: ${phaseText(state).toLowerCase()}, ${secondsText(until - from)}${isOpen ? ' so far' : ''}${message ? `; ${message}` : ''}`;
}

function WayTable({ way: { from: began, lanes, marks } }: { way: Way }) {
  return (
    <table class="facts-table">
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">State</th>
          <th scope="col">After</th>
          <th scope="col">Took</th>
          <th scope="col">Message</th>
        </tr>
      </thead>
      <tbody>
        {lanes.flatMap(({ layer, bars }) =>
          bars.map(({ kind, name, state, from, until, isOpen, message }) => (
            <tr key={`${layer}/${kind}/${name}/${from}`}>
              <th scope="row">{kind === 'gate' ? `gate ${name}` : name}</th>
              <td>{phaseText(state)}</td>
              <td>{secondsText(from - began)}</td>
              <td>
                {secondsText(until - from)}
                {isOpen && ' so far'}
              </td>
              <td>{message}</td>
            </tr>
          )),
        )}
        {marks.map(({ at, text }) => (
          <tr key={`${at}/${text}`}>
            <th scope="row">{text}</th>
            <td>taken</td>
            <td>{secondsText(at - began)}</td>
            <td />
            <td />
          </tr>
        ))}
      </tbody>
    </table>
  );
}
