// Owns: the one place that touches process.env.

export type Environment = Readonly<Record<string, string | undefined>>;

/** A copy of the environment of this process; also what child processes are given. */
export function readEnvironment(): Environment {
  return Object.freeze({ ...process.env });
}
