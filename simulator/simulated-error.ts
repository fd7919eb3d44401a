/** An error of AWS. `code` is the code on the wire, not the SDK's class name; `status` is the HTTP status. */
export class SimulatedError extends Error {
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, status = 400) {
    super(message);
    this.name = "SimulatedError";
    this.code = code;
    this.status = status;
  }
}
