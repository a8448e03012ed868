import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ConfigError, inspectConfig, parseConfig } from '../../src/config/config.ts';
import {
  describe as describeConfig,
  type Environment,
  readEnvironment,
  SETTING_NAMES,
} from '../../src/config/settings.ts';
import { DEFAULT_TEXT_LIMITS } from '../../src/domain/text-assignment.ts';
import { A_VIPPS_ACCOUNT, aLiveEnvironment, personalDataKey } from './live-environment.ts';

function problemsOf(env: Environment): readonly string[] {
  try {
    parseConfig(env);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('the size of a process', () => {
  test('has defaults, and what is set arrives', () => {
    expect(parseConfig({})).toMatchObject({ databaseConnections: 10, workerCachedSessions: 500 });
    expect(parseConfig({ DATABASE_CONNECTIONS: '40', WORKER_CACHED_SESSIONS: '20000' })).toMatchObject({
      databaseConnections: 40,
      workerCachedSessions: 20_000,
    });
  });

  test.each(['0', '1001', '-1', '10.5', 'many'])('connections may not be %s', (written) => {
    expect(problemsOf({ DATABASE_CONNECTIONS: written })).toEqual([
      'DATABASE_CONNECTIONS must be a whole number from 1 to 1000.',
    ]);
  });

  test.each(['0', '1', '100001', 'all'])('sessions in memory may not be %s', (written) => {
    expect(problemsOf({ WORKER_CACHED_SESSIONS: written })).toEqual([
      'WORKER_CACHED_SESSIONS must be a whole number from 2 to 100000.',
    ]);
  });
});

describe('without any setting', () => {
  test('it is the embedded demo on loopback', () => {
    expect(parseConfig({})).toMatchObject({
      http: { port: 8080, portGiven: false, host: '127.0.0.1', publicUrl: null },
      dataDir: '.sms2pay',
      databaseUrl: null,
      temporal: { address: null, namespace: 'default', apiKey: null, tls: null, cliPath: null },
      simulator: { on: true },
      link: null,
      paycore: null,
      personalData: null,
      logLevel: 'warn',
      warnings: [],
    });
  });

  test('a variable that is set but empty counts as not set, as compose files pass it', () => {
    const empty = Object.fromEntries(SETTING_NAMES.map((name) => [name, ' ']));
    const { described: _, ...config } = parseConfig(empty);
    const { described: __, ...bare } = parseConfig({});
    expect(config).toEqual(bare);
  });
});

describe('a second account at LINK', () => {
  const second = {
    LINK2_BASE_URL: 'https://link2.example.com',
    LINK2_USERNAME: 'second-user',
    LINK2_PASSWORD: 'second-password',
    LINK2_PLATFORM_ID: 'platform-2',
    LINK2_PLATFORM_PARTNER_ID: 'partner-2',
    LINK2_WEBHOOK_USERNAME: 'second-hook',
    LINK2_WEBHOOK_PASSWORD: 'second-hook-password',
  };

  test('is none unless it is set, and has the sending number of its own where that is set', () => {
    expect(parseConfig(aLiveEnvironment()).link2).toBe(null);
    const given = parseConfig(aLiveEnvironment({ ...second, LINK2_SHORT_NUMBER: '2012' }));
    expect(given.link2).toMatchObject({ username: 'second-user', shortNumber: '2012', timeoutMs: 10_000 });
    expect(parseConfig(aLiveEnvironment(second)).link2).toMatchObject({ shortNumber: null });
    expect(JSON.stringify(given.described)).not.toContain('second-password');
  });

  test('comes whole or not at all, over https', () => {
    const { LINK2_PASSWORD: _, ...half } = second;
    expect(() => parseConfig(aLiveEnvironment(half))).toThrow(/set without LINK2_PASSWORD/);
    expect(() => parseConfig({ LINK2_USERNAME: 'x' })).toThrow(/set all of them, or none of them/);
    const plain = { ...second, LINK2_BASE_URL: 'http://link2.example.com' };
    expect(() => parseConfig(aLiveEnvironment(plain))).toThrow(/LINK2_BASE_URL must be an https address/);
  });
});

describe('with everything set', () => {
  test('each value arrives in its slice, typed', () => {
    const env = aLiveEnvironment({ PORT: '9000', LINK_TIMEOUT_MS: '2500', LOG_LEVEL: 'debug' });
    expect(parseConfig(env)).toMatchObject({
      http: {
        port: 9000,
        portGiven: true,
        publicUrl: 'https://pay.example.com',
        trustedProxies: ['10.0.0.0/8'],
      },
      databaseUrl: env['DATABASE_URL'],
      temporal: { address: 'temporal.example.com:7233' },
      simulator: { on: false },
      link: {
        baseUrl: 'https://link.example.com/eu',
        username: 'link-user',
        password: env['LINK_PASSWORD'],
        platformId: 'platform-1',
        platformPartnerId: 'partner-1',
        deliveryGateId: null,
        webhookUsername: 'hook-user',
        webhookPassword: env['LINK_WEBHOOK_PASSWORD'],
        timeoutMs: 2500,
      },
      paycore: {
        baseUrl: 'https://paycore.example.com',
        partnerId: 4711,
        secretBase64: env['PAYCORE_SECRET'],
        callbackUsername: 'callback-user',
        callbackPassword: env['PAYCORE_CALLBACK_PASSWORD'],
        providerName: 'Vipps',
        timeoutMs: 10_000,
      },
      personalData: { keys: [{ id: 'k1' }] },
      logLevel: 'debug',
    });
  });

  test('it cannot be changed afterwards, at any depth', () => {
    const config = parseConfig(aLiveEnvironment());
    const parts = [
      config,
      config.http,
      config.temporal,
      config.link,
      config.paycore,
      config.personalData?.keys,
    ];
    expect(parts.map((part) => Object.isFrozen(part))).toEqual(parts.map(() => true));
  });
});

describe('what is wrong', () => {
  test('is listed all at once, one line each', () => {
    const problems = problemsOf({
      PORT: '70000',
      LOG_LEVEL: 'loud',
      TEMPORAL_ADDRESS: 'nowhere',
      SIMULATOR: 'yes',
    });
    expect(problems.map((line) => line.split(' ')[0])).toEqual([
      'PORT',
      'LOG_LEVEL',
      'SIMULATOR',
      'TEMPORAL_ADDRESS',
    ]);
    expect(problems.every((line) => !line.includes('\n') && line.endsWith('.'))).toBe(true);
  });

  test.each([
    ['PORT', ['-1', '80a', '65536', '1e3']],
    ['PUBLIC_URL', ['pay.example.com', 'ftp://x', 'https://u:p@x.example', 'https://x.example/?a=b']],
    ['DATABASE_URL', ['mysql://localhost/x', 'localhost']],
    ['TEMPORAL_ADDRESS', ['localhost', 'http://localhost:7233', 'a b:1']],
    ['LINK_TIMEOUT_MS', ['0', '99', '60001', 'ten']],
    ['PAYCORE_PARTNER_ID', ['x', '0', '-4']],
    ['PAYCORE_SECRET', ['not base64!', 'YWJ']],
    ['PAYCORE_CALLBACK_PASSWORD', ['with space', 'p@ss', 'æ']],
    ['PAYCORE_PROVIDER_NAME', ['Klarna']],
    ['PERSONAL_DATA_KEYS', ['k1', 'k1:YQ==:YQ==', `${personalDataKey('a')},${personalDataKey('a')}`]],
  ])('%s in a form that cannot be meant is refused', (name, values) => {
    for (const value of values) {
      const problems = problemsOf(aLiveEnvironment({ [name]: value }));
      expect(problems.filter((line) => line.startsWith(`${name} `))).toHaveLength(1);
    }
  });

  test('one key for both purposes is refused: a look-up value would then help to decrypt', () => {
    const [id, key] = personalDataKey('a').split(':');
    expect(problemsOf(aLiveEnvironment({ PERSONAL_DATA_KEYS: `${id}:${key}:${key}` }))).toHaveLength(1);
  });

  test('never echoes a value, whatever was written where', () => {
    const secretish = fc.stringMatching(/^[!-~]{12,30}$/).map((value) => `§${value}`);
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom(...SETTING_NAMES), secretish, { minKeys: 1 }), (env) => {
        const text = problemsOf(env).join('\n');
        for (const value of Object.values(env)) expect(text).not.toContain(value);
      }),
    );
  });
});

describe('looked at with problems in it', () => {
  test('it gives the parts that can be used, and names what cannot', () => {
    const env = aLiveEnvironment({
      ...A_VIPPS_ACCOUNT,
      PAYCORE_SECRET: '%',
      DATABASE_URL: 'mysql://u:p@h/x',
    });
    const { config, problems, unusable } = inspectConfig(env);
    expect(unusable).toEqual(['DATABASE_URL', 'PAYCORE_SECRET']);
    expect(problems).toHaveLength(2);
    expect(config).toMatchObject({ databaseUrl: null, paycore: null, vipps: { clientId: 'vipps-client' } });
    expect(config.simulator.on).toBe(false);
  });

  test('an address in plain http is none that secrets could be sent to', () => {
    const { config, unusable } = inspectConfig(
      aLiveEnvironment({ PAYCORE_BASE_URL: 'http://plain.example.com' }),
    );
    expect(unusable).toEqual(['PAYCORE_BASE_URL']);
    expect(config.paycore).toBeNull();
  });

  test('without problems it is the configuration', () => {
    const env = aLiveEnvironment();
    expect(inspectConfig(env)).toEqual({ config: parseConfig(env), problems: [], unusable: [] });
  });

  test('whatever is written where, it does not throw, and echoes nothing', () => {
    const anything = fc.dictionary(
      fc.constantFrom(...SETTING_NAMES),
      fc.string({ minLength: 12 }).map((text) => `§${text}`),
    );
    fc.assert(
      fc.property(anything, (env) => {
        const text = inspectConfig(env).problems.join();
        for (const value of Object.values(env)) expect(text).not.toContain(value);
      }),
    );
  });
});

describe('the simulator', () => {
  test('must be asked for by name when there is a database', () => {
    expect(parseConfig({ DATABASE_URL: 'postgres://localhost/x', SIMULATOR: 'on' }).simulator.on).toBe(true);
    expect(problemsOf({ DATABASE_URL: 'postgres://localhost/x' }).join()).toContain('SIMULATOR=on');
  });

  test('off lists everything that only vendors can fill, and that one payment provider is enough', () => {
    const [line, providers, ...others] = problemsOf({ SIMULATOR: 'off' });
    const required = (prefix: RegExp): string[] =>
      Object.keys(aLiveEnvironment()).filter((name) => prefix.test(name));
    for (const name of required(/^(LINK|PERSONAL|PUBLIC)_/)) expect(line).toContain(name);
    for (const name of required(/^PAYCORE_/)) expect(providers).toContain(name);
    for (const name of Object.keys(A_VIPPS_ACCOUNT)) expect(providers).toContain(name);
    expect(others).toEqual([]);
  });

  test('keeps the terminal of the demo quiet; without it the log tells what goes on', () => {
    expect(parseConfig({}).logLevel).toBe('warn');
    expect(parseConfig(aLiveEnvironment()).logLevel).toBe('info');
    expect(parseConfig({ LOG_LEVEL: 'debug' }).logLevel).toBe('debug');
  });

  test('off with Vipps alone needs nothing of Paycore', () => {
    const withoutPaycore = Object.fromEntries(
      Object.entries(aLiveEnvironment()).filter(([name]) => !name.startsWith('PAYCORE_')),
    );
    const config = parseConfig({ ...withoutPaycore, ...A_VIPPS_ACCOUNT });
    expect(config.paycore).toBeNull();
    expect(config.vipps).toMatchObject({ merchantSerialNumber: '123456', timeoutMs: 10_000 });
  });

  test('off refuses half of a Vipps account, and an address of it without https', () => {
    const half = aLiveEnvironment({ VIPPS_CLIENT_ID: 'id' });
    expect(problemsOf(half)).toEqual([expect.stringContaining('VIPPS_CLIENT_SECRET')]);
    const plain = aLiveEnvironment({ ...A_VIPPS_ACCOUNT, VIPPS_BASE_URL: 'http://vipps.example.com' });
    expect(problemsOf(plain)).toEqual([expect.stringMatching('^VIPPS_BASE_URL must be an https')]);
  });

  test('on refuses half of the settings of a vendor and says what belongs to them', () => {
    expect(problemsOf({ LINK_USERNAME: 'someone' })).toEqual([expect.stringContaining('LINK_PASSWORD')]);
  });

  test('on refuses the address of a real vendor: its phone page would move real money', () => {
    const problems = problemsOf(aLiveEnvironment({ SIMULATOR: 'on' }));
    expect(problems).toEqual([
      expect.stringContaining('must not name a real vendor while the simulator is on'),
    ]);
  });

  test.each(['0.0.0.0', '::', '192.168.1.20', 'demo.example'])(
    'on refuses HOST=%s, which other machines reach, until SIMULATOR_PUBLIC says that it is meant',
    (HOST) => {
      expect(problemsOf({ HOST })).toEqual([expect.stringMatching(/^HOST opens .*SIMULATOR_PUBLIC=on/)]);
      expect(problemsOf({ HOST, SIMULATOR_PUBLIC: 'off' })).toHaveLength(1);
      expect(parseConfig({ HOST, SIMULATOR_PUBLIC: 'on' }).http.host).toBe(HOST);
      expect(parseConfig(aLiveEnvironment({ HOST })).http.host).toBe(HOST);
    },
  );

  test.each(['127.0.0.1', '127.1.2.3', '::1', 'localhost'])('on takes HOST=%s, this machine', (HOST) => {
    expect(parseConfig({ HOST })).toMatchObject({ http: { host: HOST }, warnings: [] });
  });

  test('off with vendors on this machine may use the embedded database and server', () => {
    const env = aLiveEnvironment({
      SIMULATOR: 'off',
      DATABASE_URL: undefined,
      TEMPORAL_ADDRESS: undefined,
      LINK_BASE_URL: 'http://localhost:9001',
      PAYCORE_BASE_URL: 'http://127.0.0.1:9002',
    });
    expect(parseConfig(env)).toMatchObject({ databaseUrl: null, simulator: { on: false } });
  });
});

describe('real vendors', () => {
  test.each([
    ['DATABASE_URL', 'PGlite'],
    ['TEMPORAL_ADDRESS', 'dev server'],
  ])('are refused without %s: what is embedded does not survive power loss', (name, embedded) => {
    const problems = problemsOf(aLiveEnvironment({ [name]: undefined, SIMULATOR: 'off' }));
    expect(problems).toEqual([expect.stringMatching(`${name} .*${embedded}.*power loss`)]);
  });

  test('are recognised by one address alone', () => {
    const env = aLiveEnvironment({ DATABASE_URL: undefined, SIMULATOR: 'off' });
    expect(problemsOf({ ...env, LINK_BASE_URL: 'http://localhost:1' })).toHaveLength(1);
    expect(problemsOf({ ...env, PAYCORE_BASE_URL: 'http://localhost:1' })).toHaveLength(1);
  });

  test.each(['PUBLIC_URL', 'LINK_BASE_URL', 'PAYCORE_BASE_URL'])(
    'are refused with a %s in plain http',
    (name) => {
      const problems = problemsOf(aLiveEnvironment({ [name]: 'http://plain.example.com' }));
      expect(problems).toEqual([expect.stringMatching(`^${name} must be an https`)]);
    },
  );
});

describe('TLS to Temporal', () => {
  const address = { TEMPORAL_ADDRESS: 'temporal.example.com:7233' };

  test('follows from an API key or a certificate, and can be said by name', () => {
    expect(parseConfig(address).temporal.tls).toBeNull();
    expect(parseConfig({ ...address, TEMPORAL_API_KEY: 'key' }).temporal.tls).not.toBeNull();
    expect(parseConfig({ ...address, TEMPORAL_TLS: 'on' }).temporal.tls).not.toBeNull();
    expect(parseConfig({ ...address, TEMPORAL_API_KEY: 'key', TEMPORAL_TLS: 'off' }).temporal.tls).toBeNull();
  });

  test('needs certificate and key together, and a server to talk to', () => {
    expect(problemsOf({ ...address, TEMPORAL_TLS_CLIENT_KEY_PATH: 'k.pem' })).toHaveLength(1);
    expect(problemsOf({ TEMPORAL_API_KEY: 'key' })).toEqual([expect.stringContaining('TEMPORAL_ADDRESS')]);
  });
});

describe('limits', () => {
  test('have defaults, and each arrives where it belongs', () => {
    expect(parseConfig({}).limits.texts).toEqual(DEFAULT_TEXT_LIMITS);
    const { limits } = parseConfig({ LIMIT_STARTS_PER_HOUR: '3', LIMIT_PAGE_VIEWS_PER_MINUTE: '42' });
    expect(limits.texts.startsPerHour).toBe(3);
    expect(limits.http).toMatchObject({ pageViewsPerMinute: 42, wrongLinksPerMinute: 20 });
  });

  test.each(['0', '-1', '1.5', 'many', '10000000'])('%j is refused', (written) => {
    expect(() => parseConfig({ LIMIT_STARTS_PER_HOUR: written })).toThrow(/LIMIT_STARTS_PER_HOUR must be/);
  });
});

describe('TRUSTED_PROXIES', () => {
  test.each([
    ['none', []],
    ['10.0.0.1', ['10.0.0.1']],
    ['10.0.0.0/8, 2001:db8::/32,::1', ['10.0.0.0/8', '2001:db8::/32', '::1']],
  ])('%s', (written, proxies) => {
    expect(parseConfig({ TRUSTED_PROXIES: written }).http.trustedProxies).toEqual(proxies);
  });

  test.each(['proxy.example.com', '10.0.0.0/33', '10.0.0.1,', '10.0.0.1/', '300.1.1.1', '10.0.0.0/8/8'])(
    '%s is refused',
    (written) => {
      expect(() => parseConfig({ TRUSTED_PROXIES: written })).toThrow(/TRUSTED_PROXIES must be "none"/);
    },
  );

  test('must be said with an https address: behind a proxy all visitors have its address', () => {
    const warnings = (changes: Environment) => parseConfig(aLiveEnvironment(changes)).warnings;
    expect(warnings({ TRUSTED_PROXIES: '' })).toEqual([
      expect.stringContaining('name it in TRUSTED_PROXIES'),
    ]);
    expect(warnings({ TRUSTED_PROXIES: 'none' })).toEqual([]);
    expect(warnings({})).toEqual([]);
  });
});

describe('warnings', () => {
  test.each([
    ['TEMPORAL_ADRESS', 'TEMPORAL_ADDRESS'],
    ['DATABSE_URL', 'DATABASE_URL'],
    ['SIMULATER', 'SIMULATOR'],
    ['DATADIR', 'DATA_DIR'],
    ['paycore_secret', 'PAYCORE_SECRET'],
    ['PUBLCI_URL', 'PUBLIC_URL'],
  ])('%s is taken for a misspelt %s', (written, meant) => {
    expect(parseConfig({ [written]: 'x' }).warnings).toEqual([
      expect.stringMatching(`^${written} .*${meant}\\?$`),
    ]);
  });

  test('names of other programs are left alone', () => {
    const others = [
      'HOME',
      'PATH',
      'HOSTNAME',
      'PORTAL',
      'TEMPORAL_TEST_SERVER',
      'PGHOST',
      'DATABASE',
      'LINK',
    ];
    expect(parseConfig(Object.fromEntries(others.map((name) => [name, 'x']))).warnings).toEqual([]);
  });

  test('a setting without effect is said', () => {
    const { warnings } = parseConfig({
      TEMPORAL_ADDRESS: 'localhost:7233',
      TEMPORAL_CLI_PATH: '/usr/bin/temporal',
    });
    expect(warnings).toEqual([expect.stringContaining('TEMPORAL_CLI_PATH has no effect')]);
  });
});

describe('read without vendors, for work on the schema alone', () => {
  test('it needs no more than the database and Temporal', () => {
    const { DATABASE_URL, TEMPORAL_ADDRESS } = aLiveEnvironment();
    expect(parseConfig({ DATABASE_URL, TEMPORAL_ADDRESS }, { vendors: false })).toMatchObject({
      databaseUrl: DATABASE_URL,
      temporal: { address: TEMPORAL_ADDRESS },
      simulator: { on: false },
      personalData: null,
    });
  });

  test('it takes the environment of the other processes too, whole or in part, and reads no account from it', () => {
    const whole = aLiveEnvironment(A_VIPPS_ACCOUNT);
    for (const env of [whole, { ...whole, LINK_PASSWORD: undefined, VIPPS_CLIENT_SECRET: undefined }])
      expect(parseConfig(env, { vendors: false })).toMatchObject({ link: null, paycore: null, vipps: null });
  });

  test('what is malformed, or dangerous in any case, is refused as ever', () => {
    const live = aLiveEnvironment({ SIMULATOR: 'on', PORT: 'x', TEMPORAL_TLS_CLIENT_KEY_PATH: '/key' });
    expect(() => parseConfig(live, { vendors: false })).toThrow(
      /PORT must[^]*TEMPORAL_TLS_CLIENT_CERT_PATH and[^]*must not name a real vendor/,
    );
  });
});

describe('the description', () => {
  const sourceOf = (env: Environment, name: string): string | undefined =>
    parseConfig(env).described.find((line) => line.name === name)?.source;

  test('has a line for every setting, with its source', () => {
    const text = describeConfig(parseConfig({ PORT: '9000' }));
    expect(text.split('\n').map((line) => line.split(/ +/)[0])).toEqual(SETTING_NAMES);
    expect(text).toMatch(/^PORT +9000 +environment$/m);
    expect(text).toMatch(/^HOST +127\.0\.0\.1 +default$/m);
    expect(text).toMatch(/^LINK_PASSWORD +\(simulator\) +demo$/m);
    expect(text).toMatch(/^DATABASE_URL +- +not set$/m);
  });

  test('calls only that a demo value which the demo fills in', () => {
    expect(sourceOf(aLiveEnvironment(), 'LINK_DELIVERY_GATE_ID')).toBe('not set');
    expect(sourceOf({}, 'LINK_DELIVERY_GATE_ID')).toBe('demo');
    expect(sourceOf({}, 'LINK_TIMEOUT_MS')).toBe('default');
  });

  test('shows no secret, also not the password inside the database address', () => {
    const env = aLiveEnvironment({ TEMPORAL_API_KEY: 'temporal-api-key-value' });
    const text = describeConfig(parseConfig(env));
    const secrets = ['LINK_PASSWORD', 'LINK_WEBHOOK_PASSWORD', 'PAYCORE_SECRET', 'PAYCORE_CALLBACK_PASSWORD'];
    for (const name of [...secrets, 'PERSONAL_DATA_KEYS', 'TEMPORAL_API_KEY'])
      expect(text).not.toContain(env[name]);
    expect(text).not.toContain('database-password');
    expect(text).toContain('db.example.com:5432/sms2pay');
  });
});

test('the environment of the process is read as a copy', () => {
  const environment = readEnvironment();
  expect(environment['PATH']).toBe(process.env['PATH']);
  expect(Object.isFrozen(environment)).toBe(true);
});
