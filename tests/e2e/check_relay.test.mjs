/** `spillway check-relay`: what it says of relays that work, and of others. */

import assert from 'node:assert/strict';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Authority, Coturn, credentials, settingsFor } from './support/coturn.mjs';
import { settingsText, spillway, temporaryFolder } from './support/gateway.mjs';
import { Network, networkMissing } from './support/network.mjs';
import { run } from './support/process.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { missing: networkMissing(), waits: true });

const secret = 'of-the-relay-that-is-checked';
const name = 'relay1.example.org';
const udp = `turn:${name}:3478?transport=udp`;
const tcp = `turn:${name}:3478?transport=tcp`;
const tls = `turns:${name}:5349?transport=tcp`;

/**
 * One relay whose certificate is good, and others on further ports of the same host: with certificates that no
 * browser takes, and one that may send to nobody.
 */
const setup = shared(async () => {
    const closing = [];
    const close = async () => {
        for (const thing of closing.splice(0).reverse()) await thing.close();
    };
    try {
        const authority = await Authority.create();
        closing.push(authority);
        const network = await Network.create({ names: { [name]: '203.0.113.21' }, etc: authority.etc });
        closing.push(network);
        const gateway = await network.publicHost('gateway', 10);
        const relay = await network.publicHost('relay', 21);
        const start = async (port, options) => {
            const settings = settingsFor(relay, { secret, peers: [gateway.address], ...options });
            const secure = port === 3478 ? 5349 : port + 1;
            const ports = [`listening-port=${port}`, `tls-listening-port=${secure}`];
            const coturn = await Coturn.start(relay, [settings, ...ports].join('\n'), { port });
            closing.push(coturn);
            return coturn;
        };
        const good = await start(3478, { certificate: await authority.issue(name) });
        await start(4000, { peers: [] });
        return { authority, gateway, start, good, close };
    } catch (error) {
        await close();
        throw error;
    }
});

/** {code, text, row(url)} of `spillway check-relay` with these settings, run where the gateway would. */
async function check(settings, args = []) {
    const { gateway } = await setup();
    const folder = temporaryFolder();
    const file = join(folder, 'spillway.conf');
    writeFileSync(file, settingsText(settings));
    const process = gateway.start(spillway, ['check-relay', '--config', file, ...args]);
    try {
        const code = await process.exit(30_000);
        const text = process.lines.join('\n');
        const row = (url) => process.lines.find((line) => line.startsWith(`${url} `)) ?? text;
        return { code, text, row, said: process.said() };
    } finally {
        await process.close();
        rmSync(folder, { recursive: true, force: true });
    }
}

const sharedRelay = (urls, more = {}) => ({ relay: { embedded: 'no', urls, secret, ...more } });

test('all is good: a table and exit status 0', async () => {
    const { code, text, row } = await check(
        sharedRelay([udp, tcp, tls].join(';'), { stun: `stun:${name}:3478`, realm: 'example.org' }),
    );
    assert.equal(code, 0, text);
    assert.match(text, /^server +from +answers +allocates +packet back +result$/m);
    for (const url of [udp, tcp, tls]) assert.match(row(url), / urls .* ms .* ms .* ms +works$/);
    assert.match(row(`stun:${name}:3478`), / stun .* ms +- +- +answers$/);
    assert.doesNotMatch(text, /What to do/);
    assert.match(text, /A browser can publish through 3 of 3 relay addresses\.$/);
});

test('nothing is left at the relay', async () => {
    const { good } = await setup();
    const { code } = await check(sharedRelay([udp, tcp, tls].join(';')));
    assert.equal(code, 0);
    await until('relay without allocations', () => good.allocations() === 0, { within: 5_000 });
});

test('ports where nobody listens, and names that are not known', async () => {
    const closed = [`turn:${name}:9?transport=udp`, `turn:${name}:9?transport=tcp`, `turns:${name}:9`];
    const unknown = 'turn:nowhere.example.org';
    const { code, text, row } = await check(sharedRelay([...closed, unknown].join(';')));
    assert.equal(code, 1, text);
    for (const url of closed) assert.match(row(url), / no +- +- +nobody listens$/);
    assert.match(row(unknown), /no such host$/);
    assert.match(text, /No browser can publish through a relay\./);
});

test('one relay that works is enough, and none that does not is hidden', async () => {
    const dead = `turn:${name}:9?transport=tcp`;
    const { code, text, row } = await check(sharedRelay([udp, dead].join(';'), { policy: 'relay' }));
    assert.equal(code, 0, text);
    assert.match(row(udp), /works$/);
    assert.match(row(dead), /nobody listens$/);
    assert.match(text, /1 of 2 relay addresses.*policy=relay/s);
});

test('expired, wrong and foreign credentials are told apart', async () => {
    const wrong = await check({
        relay: { embedded: 'no', urls: udp, secret: 'another', stun: `stun:${name}` },
    });
    assert.equal(wrong.code, 1, wrong.text);
    assert.match(wrong.row(udp), / ms +no +- +wrong secret$/);
    assert.match(wrong.text, /static-auth-secret/);

    const realm = await check({
        relay: { embedded: 'no', urls: udp, secret: 'another', realm: 'live.example.net' },
    });
    assert.equal(realm.code, 1);
    assert.match(realm.row(udp), /another realm$/);
    assert.match(realm.text, /"example\.org".*"live\.example\.net"/s);

    const expired = credentials(secret, -600);
    const old = await check({
        relay: { embedded: 'no', 'fixed-urls': udp, ...expired },
    });
    assert.equal(old.code, 1, old.text);
    assert.match(old.row(udp), /fixed-urls .*credentials expired$/);
    assert.match(old.text, /1\d minutes ago|600 seconds ago/);

    const unknown = await check({
        relay: { embedded: 'no', 'fixed-urls': udp, username: 'alice', credential: 'guess' },
    });
    assert.equal(unknown.code, 1);
    assert.match(unknown.row(udp), /wrong credentials$/);
});

test('a relay with the right secret and another realm works, and is asked about', async () => {
    const { code, text } = await check(sharedRelay(udp, { realm: 'live.example.net' }));
    assert.equal(code, 0);
    assert.match(text, /Its realm is "example\.org"/);
});

test('certificates that browsers refuse are named by their fault', async () => {
    const { authority, start } = await setup();
    const folder = temporaryFolder();
    const [key, certificate] = ['key', 'pem'].map((ending) => join(folder, `self.${ending}`));
    await run('openssl', [
        ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
        ...['-days', '2', '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`],
        ...['-keyout', key, '-out', certificate],
    ]);
    await run('chmod', ['a+r', key]);
    await start(4100, { certificate: { key, certificate } });
    await start(4200, { certificate: await authority.issue('relay2.example.org') });
    await start(4300, { certificate: await authority.issue(name, { days: -1 }) });
    const at = (port) => `turns:${name}:${port}?transport=tcp`;
    const { code, text, row } = await check(
        sharedRelay([4101, 4201, 4301, 5349, 3478].map(at).join(';')),
    );
    rmSync(folder, { recursive: true, force: true });
    assert.equal(code, 0, text);
    assert.match(row(at(4101)), / no +- +- +certificate self-signed$/);
    assert.match(row(at(4201)), /certificate for another name$/);
    assert.match(text, /is for relay2\.example\.org/);
    assert.match(row(at(4301)), /certificate expired$/);
    assert.match(row(at(5349)), /works$/);
    assert.match(row(at(3478)), /works$|no TLS$/); // coturn tells TLS by its first bytes
});

test('a relay that may not send to the gateway', async () => {
    const url = `turn:${name}:4000?transport=tcp`;
    const { code, text, row } = await check(sharedRelay(url));
    const { gateway } = await setup();
    assert.equal(code, 1, text);
    assert.match(row(url), / ms +(< )?\d+ ms +no +may not send here$/);
    assert.ok(text.includes(`allowed-peer-ip=${gateway.address}`), text);
});

test('where only TCP gets to the relay', async (t) => {
    const { gateway } = await setup();
    await gateway.rules(`
        table ip only {
            chain out {
                type filter hook output priority filter;
                ip daddr 203.0.113.21 udp dport 3478 drop
            }
        }`);
    t.defer(() => gateway.run('nft', ['delete', 'table', 'ip', 'only']));
    const { code, text, row } = await check(sharedRelay([udp, tcp].join(';')));
    assert.equal(code, 0, text);
    assert.match(row(udp), / no +- +- +no answer$/);
    assert.match(row(tcp), /works$/);
});

test('packets of the relay that a firewall keeps out', async (t) => {
    const { gateway } = await setup();
    await gateway.rules(`
        table ip deaf {
            chain in {
                type filter hook input priority filter;
                ip saddr 203.0.113.21 udp sport 50000-50999 drop
            }
        }`);
    t.defer(() => gateway.run('nft', ['delete', 'table', 'ip', 'deaf']));
    const { code, text, row } = await check(sharedRelay(tcp));
    assert.equal(code, 1, text);
    assert.match(row(tcp), /nothing arrives$/);
    assert.match(text, /\[ice\] ports/);
});

test('settings that are wrong, and no relay at all', async () => {
    assert.equal((await check({ relay: { urls: 'http://relay.example.org', secret } })).code, 2);
    assert.equal((await check({ relay: { urls: udp } })).code, 2);
    const none = await check({ relay: { embedded: 'no' } });
    assert.equal(none.code, 1);
    assert.match(none.text, /There is no relay/);
    const { code, said } = await check({}, ['too-much']);
    assert.ok(code > 2, said);
});

test('the relay that the gateway runs itself, on free ports of its own', async () => {
    const { gateway } = await setup();
    const relays = async () =>
        (await gateway.run('ss', ['-Hlunp'])).split('\n').filter((line) => line.includes('turnserver'));
    const { code, text } = await check({ relay: { port: 3479 } });
    assert.equal(code, 0, text);
    assert.match(text, /^turn:127\.0\.0\.1:\d+\?transport=udp +embedded .* works$/m);
    assert.match(text, /^turn:127\.0\.0\.1:\d+\?transport=tcp +embedded .* works$/m);
    assert.match(text, /2 of 2 relay addresses\.$/m);
    assert.doesNotMatch(text, /What to do/);
    const outside = await check({ access: { open: 'yes' } }, ['--listen', '0.0.0.0:8080']);
    assert.equal(outside.code, 0, outside.text);
    assert.ok(outside.text.includes(`turn:${gateway.address}:`), outside.text);
    await until('end of that relay', async () => (await relays()).length === 0, { within: 5_000 });
});
