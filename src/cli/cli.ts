#!/usr/bin/env node
// The command line `sms2pay`. Each command prints what it did, or what failed and what to do.
import { ConfigError, parseConfig, UsageError } from '../config/config.ts';
import { describe, readEnvironment } from '../config/settings.ts';
import { asksForHelp, readArgs } from './read-args.ts';

const USAGE = `sms2pay: pay for what you used, by text message

  sms2pay start [--provider NAME]   everything in one process (the demo, unless configured otherwise);
                                    NAME: paycore or vipps, for the reference partner
  sms2pay api | worker              one part of a larger installation
  sms2pay migrate                   bring the database schema up to date
  sms2pay doctor                    check everything around sms2pay, one line each with what to do
  sms2pay config                    show the configuration in force, secrets masked
  sms2pay vipps webhooks ensure | list | remove ID
  sms2pay partner show [ID]         partners and their receipt texts
  sms2pay partner add FILE.json     a partner with its services and words (docs/deploy.md)
  sms2pay partner set ID [--receipt on|off] [--receipt-text TEXT] [--provider NAME]
  sms2pay session list [--attention] [--partner ID] [--limit N]
  sms2pay session show ID           a session, its receipts, and what was done to it
  sms2pay session refund ID --amount 0.50 --reason TEXT [--actor NAME]
  sms2pay session release | end-now | retry-capture | waive | write-off | resend-receipt ID --reason TEXT [--actor NAME]
  sms2pay proof --session ID | --day 2026-11-26 [--partner ID]
                                    ours, the provider's, the texts; each promise confirmed or not
  sms2pay reconcile --from DATE --to DATE [--partner ID]
                                    our payments compared with the providers'
  sms2pay tasks                     open attention entries (docs/runbook.md)
  sms2pay tasks close SUBJECT REASON --actor NAME
  sms2pay sim send TEXT --from +47... [--to 27222] [--print-curl]
  sms2pay sim inbox [+47...]        the texts, oldest first
  sms2pay sim payments              the wallet
  sms2pay sim approve|reject|expire [PAYMENT]   (the newest waiting one)
  sms2pay sim later 1h              move the clock and every session on (s, m, h, d)
  sms2pay sim events                every exchange with the stand-ins

  Each sim, session, partner, proof, reconcile and tasks command takes --json. proof and reconcile end with 1
  when something is broken. Settings: see .env.example.`;

const report = (line: string): void => void process.stdout.write(`${line}\n`);

/** Each command loads only what it needs: `sim` answers at once, `start` brings a database and a worker. */
async function main(args: string[]): Promise<void> {
  const [command, ...rest] = args;
  const env = readEnvironment();
  if (asksForHelp(rest)) return report(USAGE);
  switch (command) {
    case 'start':
      return await (
        await import('../main/serve.ts')
      ).serve(command, parseConfig(env), env, providerOption(rest));
    case 'api':
    case 'worker':
      takesNothing(command, rest);
      return await (await import('../main/serve.ts')).serve(command, parseConfig(env), env);
    case 'migrate':
      takesNothing(command, rest);
      return await (
        await import('../main/installation.ts')
      ).migrateDatabase(parseConfig(env, { vendors: false }), report);
    case 'doctor': {
      takesNothing(command, rest);
      const sound = await (await import('../doctor/doctor.ts')).doctor(env, report);
      // A check that was given up may still hold a connection open.
      return void process.stdout.write('', () => process.exit(sound ? 0 : 1));
    }
    case 'config':
      takesNothing(command, rest);
      return report(describe(parseConfig(env)));
    case 'partner':
      return await (await import('./partner-command.ts')).partnerCommand(rest, parseConfig(env), report);
    case 'session':
      return await (await import('./session-command.ts')).sessionCommand(rest, parseConfig(env), report);
    case 'proof':
      return failUnless(
        await (await import('./proof-command.ts')).proofCommand(rest, parseConfig(env), report),
      );
    case 'reconcile':
      return failUnless(
        await (await import('./proof-command.ts')).reconcileCommand(rest, parseConfig(env), report),
      );
    case 'tasks':
      return await (await import('./proof-command.ts')).tasksCommand(rest, parseConfig(env), report);
    case 'sim':
      return await (await import('./sim-command.ts')).simCommand(rest, parseConfig(env), report);
    case undefined:
    case 'help':
    case '--help':
    case '-h':
      return report(USAGE);
    default: {
      const { isProvider, providerCommand } = await import('./provider-command.ts');
      if (isProvider(command)) return await providerCommand(command, rest, parseConfig(env), report);
      throw new UsageError(`There is no command "${command}".\n\n${USAGE}`);
    }
  }
}

/** The findings are printed already; the exit code is for scripts. */
function failUnless(sound: boolean): void {
  process.exitCode = sound ? 0 : 1;
}

function providerOption(args: string[]): string | null {
  const options = { provider: { type: 'string' } } as const;
  const { values } = readArgs({ args, options }, 'Use: sms2pay start [--provider NAME]');
  return values.provider ?? null;
}

function takesNothing(command: string, args: string[]): void {
  readArgs({ args }, `Use: sms2pay ${command}`);
}

// The reader may close early, as "head" does: the work goes on, and the exit code shows how it ended.
for (const stream of [process.stdout, process.stderr])
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });

try {
  await main(process.argv.slice(2));
} catch (error) {
  const expected = error instanceof ConfigError || error instanceof UsageError;
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${expected ? '' : 'sms2pay stopped: '}${message}\n`);
  process.exit(expected ? 2 : 1);
}
