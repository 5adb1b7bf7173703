import { describe, expect, it } from '@jest/globals';
import { type Asking, effectsOf, type Known } from '../../../../page/actions/effects.ts';
import { aGate, anObject, aStage, aView } from '../rollouts.ts';

const hold = { by: 'alice', at: '2026-11-27T10:00:00Z' };
const gated = (approval: object) => anObject({ layers: { edge: { before: [{ name: 'shop', approval }] } } });
const waiting = aView('WaitingForApproval', { gates: [aGate()] });
const decided = aGate({ decisions: [{ by: 'bob', at: '2026-11-27T10:01:00Z' }] });
const author = { ...anObject().metadata, annotations: { 'fog-rollouts.paguos.io/changed-by': 'carol' } };

describe('What will happen', () => {
  it.each<[string, Asking, Known, string[]]>([
    [
      'by the one approval that is missing',
      { action: 'Approve', gate: aGate() },
      { view: waiting, rollout: gated({}) },
      ['The gate opens, and v2 goes to the edge: 1 site.'],
    ],
    [
      'by the first of three',
      { action: 'Approve', gate: aGate() },
      { view: waiting, rollout: gated({ required: 3 }) },
      ['Yours is approval 1 of 3: the gate opens when 2 other people have approved too.'],
    ],
    [
      'by the second of two, which may not be the author’s',
      { action: 'Approve', gate: decided },
      { view: waiting, rollout: { ...gated({ required: 2, notAuthor: true }), metadata: author } },
      ['The gate opens, and v2 goes to the edge: 1 site.', 'Whoever last changed spec cannot approve: that is carol.'],
    ],
    [
      'by an approval, before the object is known',
      { action: 'Approve', gate: aGate() },
      { view: waiting },
      ['What the gate asks for is being read.'],
    ],
    [
      'by an approval beside another gate, in a pause',
      { action: 'Approve', gate: aGate() },
      { view: aView('Paused', { hold, gates: [aGate(), aGate({ name: 'board' })] }), rollout: gated({}) },
      [
        'The gate opens.',
        'Beside it, board is waited for.',
        'It is paused by alice: nothing is begun before somebody resumes it.',
      ],
    ],
    [
      'by an approval after a wave',
      { action: 'Approve', gate: aGate({ at: 'after', wave: 'canary' }) },
      { view: waiting, rollout: anObject() },
      ['The gate opens, and the edge goes on with the wave after canary.'],
    ],
    [
      'by an approval after a layer',
      { action: 'Approve', gate: aGate({ at: 'after', layer: 'cloud' }) },
      { view: waiting, rollout: anObject() },
      ['The gate opens, and v2 may go to the fog: 1 site.'],
    ],
    [
      'by an approval after the last',
      { action: 'Approve', gate: aGate({ at: 'after' }) },
      { view: waiting, rollout: anObject() },
      ['The gate opens, and v2 has succeeded.'],
    ],
    [
      'by an approval of what has opened meanwhile',
      { action: 'Approve', gate: aGate({ state: 'Open', message: 'approved by bob' }) },
      { view: waiting },
      ['It is not waited for any more: approved by bob.'],
    ],
    [
      'by a rejection',
      { action: 'Reject', gate: aGate() },
      { view: waiting, rollout: gated({}) },
      ['The run of v2 fails, and nothing further is begun.', 'Layers stay as they are: cloud v2, fog v2, edge v1.'],
    ],
    [
      'by a rejection where failures roll back',
      { action: 'Reject', gate: aGate() },
      { view: waiting, rollout: anObject({ onFailure: 'Rollback' }) },
      ['The run of v2 fails, and nothing further is begun.', 'All layers go back to v1, edge, then fog, then cloud.'],
    ],
    [
      'by a pause',
      { action: 'Pause' },
      { view: aView('Progressing'), inFlight: { fog: 4 } },
      [
        'No further step and no further site is begun. What is under way finishes: 4 sites of the fog.',
        'It stays so until somebody resumes it. Meanwhile no release is put right.',
      ],
    ],
    [
      'when a pause ends',
      { action: 'Resume' },
      { view: aView('Paused', { hold }), rollout: anObject() },
      ['The pause by alice ends, and v2 goes on with the fog.'],
    ],
    [
      'when a gate that waited in vain is resumed, and the spec still pauses',
      { action: 'Resume' },
      { view: aView('Paused', { gates: [aGate({ state: 'Failed' })] }), rollout: anObject({ paused: true }) },
      [
        'The gate shop waits anew, as long as it did before.',
        'spec.strategy.paused still holds it; that is ended by changing it.',
      ],
    ],
    [
      'when it is resumed after a rollback',
      { action: 'Resume' },
      { view: aView('Failed'), rollout: anObject({}, { status: { rollback: {} } as never }) },
      ['v2 is promoted again, cloud, then fog, then edge.'],
    ],
    [
      'by its end',
      { action: 'Abort' },
      { view: aView('Progressing') },
      [
        'The run of v2 ends as Failed. What is under way is not waited for.',
        'Sites stay as they are: cloud 1/1, fog 0/1, edge 1/1.',
      ],
    ],
    [
      'by another try',
      { action: 'Retry' },
      {
        view: aView('Failed', {
          stages: [aStage('cloud', 'Ready'), aStage('fog', 'Failed'), aStage('edge', 'Pending')],
        }),
      },
      ['v2 is rolled out again: fog, then edge.', 'What is done costs nothing: cloud.'],
    ],
    [
      'to a layer that has its turn, when it is passed over',
      { action: 'Skip', layer: 'fog' },
      { view: aView('Progressing') },
      [
        'No further site of the fog is begun; what is under way there finishes.',
        'It keeps v2, and Ready is False in the end: a Retry rolls v2 out there.',
      ],
    ],
    [
      'to a layer whose turn is to come',
      { action: 'Skip', layer: 'edge' },
      { view: aView('Progressing', { stages: [aStage('edge', 'Pending')] }) },
      [
        'The edge is passed over when its turn comes, with its gates.',
        'It is given nothing, and Ready is False in the end: a Retry rolls v2 out there.',
      ],
    ],
    [
      'to a site',
      { action: 'Skip', site: 'kiel' },
      { view: aView('Progressing') },
      ['kiel is passed over, and given nothing by v2; the others go on.'],
    ],
    [
      'to what is left of a wave',
      { action: 'Skip', wave: 'canary', layer: 'edge' },
      { view: aView('Progressing') },
      ['What is left of canary is passed over, and the edge goes on with the next wave.'],
    ],
    [
      'by going back',
      { action: 'Rollback', to: { generation: 1, version: 'v1' } },
      { view: aView('Succeeded') },
      [
        'All layers go back to v1 of generation 1, edge, then fog, then cloud. What is under way is stopped.',
        'Gates, windows and pauses hold it up no longer.',
        'spec still asks for v2: a change of it, or a Resume, promotes it again.',
      ],
    ],
    [
      'by a restart',
      { action: 'Restart' },
      { view: aView('Succeeded') },
      [
        'All pods are made anew with v2, layer by layer and wave by wave: 3 sites.',
        'Its gates and windows hold it up as they do any change.',
      ],
    ],
  ])('%s', (_, asking, known, expected) => {
    expect(effectsOf(asking, known)).toEqual(expected);
  });
});
