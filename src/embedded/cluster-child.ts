// Makes an empty database, in a process of its own: initdb leaves 450 MB behind in the one it runs in.
// Usage: cluster-child <empty folder>
import { PGlite } from '@electric-sql/pglite';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: cluster-child <empty folder>');
await (await PGlite.create(folder)).close();
