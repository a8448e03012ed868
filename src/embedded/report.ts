/** Takes one line for the person who watches the start: what is being done, or how far it is. */
export type Report = (line: string) => void;

/** Environment variables of a process, as configuration hands them on. */
export type Environment = Readonly<Record<string, string | undefined>>;
