/** Why a gate cannot be asked, by the word of one of GATE_REASONS: final, unless it is of what may be there soon. */
export class GateProblem extends Error {
  override readonly name = 'GateProblem';
  readonly reason: string;
  /** What is missing may only be on its way: it is looked for for a while. */
  readonly mayPass: boolean;

  constructor(reason: string, message: string, { mayPass = false }: { mayPass?: boolean } = {}) {
    super(message);
    this.reason = reason;
    this.mayPass = mayPass;
  }
}
