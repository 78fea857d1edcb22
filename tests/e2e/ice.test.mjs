/** ICE servers: what pages and WHIP clients are handed, from settings and from services. */

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium, pageState } from './support/browser.mjs';
import { Coturn, credentials, settingsFor } from './support/coturn.mjs';
import { freePort, Gateway, spillway, temporaryFolder } from './support/gateway.mjs';
import { IceService, shapes } from './support/ice_service.mjs';
import { Process, run } from './support/process.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { waits: true });

const offer = readFileSync(new URL('../data/offers/chromium-camera.sdp', import.meta.url));
const bearer = (token) => ({ Authorization: `Bearer ${token}` });
const turn = 'turn:192.0.2.7:3478?transport=udp';
const stop = (url, headers = {}) => fetch(url, { method: 'DELETE', headers });

/** A gateway with these [relay] settings, for one test. */
async function gatewayWith(t, relay, further = {}) {
    const gateway = await Gateway.start({
        settings: { relay: { embedded: 'no', ...relay }, ...further },
    });
    t.defer(() => gateway.close());
    return gateway;
}

const ask = (gateway, stream = 'demo', headers = {}) =>
    fetch(`${gateway.url}/api/v1/ice?stream=${stream}`, { headers });

async function refusal(gateway) {
    const response = await ask(gateway);
    const problem = await response.json();
    assert.equal(response.status, 503, JSON.stringify(problem));
    assert.match(response.headers.get('Content-Type'), /problem\+json/);
    return problem.detail;
}

const post = (gateway, stream, headers = {}) =>
    fetch(`${gateway.url}/whip/${stream}`, {
        method: 'POST',
        body: offer,
        headers: { 'Content-Type': 'application/sdp', ...headers },
    });

/** Link headers as {url, rel, username…}. */
function linksOf(response) {
    const header = response.headers.get('Link') ?? '';
    return [...header.matchAll(/<([^>]*)>((?:;\s*[\w-]+="(?:[^"\\]|\\.)*")*)/g)].map(
        ([, url, rest]) => ({
            url,
            ...Object.fromEntries(
                [...rest.matchAll(/([\w-]+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, value]) => [
                    name,
                    value.replace(/\\(.)/g, '$1'),
                ]),
            ),
        }),
    );
}

/** A gateway whose servers come from a service of this test. */
async function serviced(t, behaviour = {}, further = {}) {
    const service = await IceService.start();
    t.defer(() => service.close());
    if (behaviour.body) service.answers(behaviour.body, behaviour);
    const gateway = await gatewayWith(
        t,
        {
            'service-url': `${service.url}?service=turn&iceTransportPolicy=relay`,
            'service-headers': 'Authorization: Bearer hush-hush;X-Key: k',
        },
        further,
    );
    return { service, gateway };
}

const lying = shared(() => IceService.start());
/** For services that lie and fail: nothing that they answer is kept. */
const lied = shared(async () =>
    Gateway.start({
        settings: { relay: { embedded: 'no', 'service-url': (await lying()).url } },
    }),
);

test('a shared secret gives each answer credentials of its own', async (t) => {
    const secret = 'a-shared-secret';
    const gateway = await gatewayWith(t, {
        stun: 'stun:stun.example.org',
        urls: `${turn};turns:relay.example.org`,
        secret,
        ttl: 600,
        'fixed-urls': 'turn:fixed.example.org',
        username: 'me',
        credential: 'p"w',
    });
    const seen = new Set();
    for (let i = 0; i < 3; ++i) {
        const response = await ask(gateway);
        assert.equal(response.status, 200);
        assert.equal(response.headers.get('Cache-Control'), 'no-store');
        const { iceServers, iceTransportPolicy, ttl } = await response.json();
        assert.equal(iceTransportPolicy, 'all');
        assert.equal(ttl, 600);
        const [stun, sharing, fixed] = iceServers;
        assert.deepEqual(stun, { urls: ['stun:stun.example.org'] });
        assert.deepEqual(fixed, {
            urls: ['turn:fixed.example.org'],
            username: 'me',
            credential: 'p"w',
        });
        assert.deepEqual(sharing.urls, [turn, 'turns:relay.example.org']);
        const [, expiry] = /^(\d+):[0-9a-f]{16}$/.exec(sharing.username);
        assert.ok(Math.abs(expiry - Date.now() / 1000 - 600) < 5, sharing.username);
        assert.equal(
            sharing.credential,
            createHmac('sha1', secret).update(sharing.username).digest('base64'),
        );
        seen.add(sharing.username);
    }
    assert.equal(seen.size, 3);
    const published = await post(gateway, 'demo');
    assert.equal(published.status, 201);
    t.defer(() => stop(new URL(published.headers.get('Location'), gateway.url)));
    const links = linksOf(published);
    assert.deepEqual(
        links.map(({ url }) => url),
        ['stun:stun.example.org', turn, 'turns:relay.example.org', 'turn:fixed.example.org'],
    );
    assert.deepEqual(links[0], { url: 'stun:stun.example.org', rel: 'ice-server' });
    assert.equal(links[3].credential, 'p"w');
    assert.equal(links[1]['credential-type'], 'password');
    assert.ok(!published.headers.get('Location').includes(links[1].username.split(':')[1]));
    const log = gateway.process.said();
    for (const { username } of links.slice(1, 3)) assert.ok(!log.includes(username.split(':')[1]));
    assert.ok(!log.includes(secret));
});

test('a secret in a file, and a policy', async (t) => {
    const folder = temporaryFolder();
    t.defer(() => run('rm', ['-rf', folder]));
    const file = join(folder, 'secret');
    writeFileSync(file, 'from-a-file\n', { mode: 0o600 });
    const gateway = await gatewayWith(t, { urls: turn, 'secret-file': file, policy: 'relay' });
    const { iceServers, iceTransportPolicy } = await (await ask(gateway)).json();
    assert.equal(iceTransportPolicy, 'relay');
    assert.equal(
        iceServers[0].credential,
        createHmac('sha1', 'from-a-file').update(iceServers[0].username).digest('base64'),
    );
});

for (const [name, shape] of Object.entries(shapes)) {
    test(`a service that answers as ${name}`, async (t) => {
        const given = credentials('x');
        const { service, gateway } = await serviced(t, { body: shape(turn, given) });
        const response = await ask(gateway);
        assert.equal(response.status, 200);
        const { iceServers, iceTransportPolicy, ttl } = await response.json();
        const relay = iceServers.find(({ username }) => username);
        assert.deepEqual(relay, {
            urls: [turn],
            username: given.username,
            credential: given.credential,
        });
        assert.ok(ttl > 590 && ttl <= 600, `ttl ${ttl}`);
        assert.equal(iceTransportPolicy, name === 'stunner' ? 'relay' : 'all');
        const [{ url, headers }] = service.requests;
        assert.match(url, /^\/ice\?service=turn&iceTransportPolicy=relay&username=[0-9a-f]{16}$/);
        assert.equal(headers.authorization, 'Bearer hush-hush');
        assert.equal(headers['x-key'], 'k');

        const published = await post(gateway, 'demo');
        assert.equal(published.status, 201);
        t.defer(() => stop(new URL(published.headers.get('Location'), gateway.url)));
        assert.equal(linksOf(published).at(-1).credential, given.credential);
        assert.equal(service.requests.length, 1, 'a good answer is used again');
        assert.ok(!gateway.process.said().includes(given.credential));
    });
}

test('those who ask together share one request to the service', async (t) => {
    const { service, gateway } = await serviced(t, {
        body: shapes.configuration(turn, { username: 'me', credential: 'pw' }),
        after: 300,
    });
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask(gateway)));
    for (const { status } of answers) assert.equal(status, 200);
    assert.equal(service.requests.length, 1);
    assert.equal((await ask(gateway)).status, 200);
    assert.equal(service.requests.length, 2, 'what has no end is not kept');
});

test('the last good answer is used until it expires', async (t) => {
    const { service, gateway } = await serviced(t, {
        body: shapes.stunner(turn, credentials('x', 13)),
    });
    assert.equal((await ask(gateway)).status, 200);
    service.answers('closed for today', { status: 500 });
    assert.equal((await ask(gateway)).status, 200);
    await until('refusal', async () => (await ask(gateway)).status === 503, { within: 8_000 });
    assert.match(await refusal(gateway), /closed for today/);
    service.answers(shapes.stunner(turn, credentials('x')));
    assert.equal((await ask(gateway)).status, 200);
});

test('a slow service delays no publisher', async (t) => {
    const { service, gateway } = await serviced(t);
    service.behave = () => {}; // never
    const asked = performance.now();
    const answers = Promise.all([refusal(gateway), refusal(gateway)]);
    const published = await post(gateway, 'demo');
    assert.equal(published.status, 201);
    assert.ok(performance.now() - asked < 1_500, `201 after ${performance.now() - asked} ms`);
    assert.equal(published.headers.get('Link'), null);
    t.defer(() => stop(new URL(published.headers.get('Location'), gateway.url)));
    for (const detail of await answers) assert.match(detail, /did not answer within 3 s/);
    assert.ok(performance.now() - asked < 5_000);
    assert.equal(service.requests.length, 1);
    await until('end of the connection to the service', () => service.connections === 0);
    assert.match(gateway.process.said(), /demo gets no Link/);
});

const relayed = (members) => ({
    iceServers: [{ urls: turn, username: 'me', credential: 'pw', ...members }],
});
const lies = {
    'its words with a 500': ['out of\r\n coffee', { status: 500 }, /500 .*: out of coffee/],
    'a page': ['<html><body>Sign in</body></html>', {}, /not a JSON object/],
    nothing: ['', {}, /not a JSON object/],
    'a list': ['[]', {}, /not a JSON object/],
    'another object': ['{"token":"x"}', {}, /neither iceServers nor uris/],
    'no server': ['{"iceServers":[]}', {}, /names no server/],
    'a number for servers': ['{"iceServers":7}', {}, /iceServers/],
    'too many servers': [{ iceServers: Array(17).fill({ urls: 'stun:a' }) }, {}, /more than 16/],
    'a name that is a list': [relayed({ username: ['me'] }), {}, /username/],
    'no password': [relayed({ credential: undefined }), {}, /without username and password/],
    'a line end in a name': [relayed({ username: 'me\r\nX: y' }), {}, /username/],
    'the address of a page': [relayed({ urls: 'http://evil.example' }), {}, /address/],
    'an address with a quote': [relayed({ urls: 'turn:a>;rel="x"' }), {}, /address/],
    'expired credentials': [
        shapes.stunner(turn, credentials('x', -60)),
        {},
        /have expired, by the clock/,
    ],
    'a ttl of zero': [shapes.rest(turn, { username: 'me', credential: 'pw' }, 0), {}, /expired/],
    'a ttl in words': [shapes.rest(turn, { username: 'me', credential: 'pw' }, 'long'), {}, /ttl/],
    'a deep nest': ['{"iceServers":'.padEnd(60_000, '['), {}, /not a JSON object/],
    'too much': [relayed({ padding: 'x'.repeat(70_000) }), {}, /longer than 64 KiB/],
    'a broken length': ['{}', { headers: { 'Content-Length': '100' } }, /./],
};
for (const [name, [body, options, words]] of Object.entries(lies)) {
    test(`a service that answers ${name} is an error with words`, async () => {
        const gateway = await lied();
        (await lying()).answers(body, options);
        const detail = await refusal(gateway);
        assert.match(detail, words);
        assert.match(detail, /service at 127\.0\.0\.1/);
        assert.ok(detail.length < 500);
        assert.equal((await fetch(`${gateway.url}/healthz`)).status, 200);
    });
}

test('a service that sends without an end is left', async () => {
    const gateway = await lied();
    const service = await lying();
    let sent = 0;
    service.behave = (_, response) => {
        const block = Buffer.alloc(64 * 1024, ' ');
        const more = () => {
            while (sent < 512 * 1024 * 1024 && !response.destroyed && response.write(block)) {
                sent += block.length;
            }
        };
        response.on('drain', more);
        more();
    };
    assert.match(await refusal(gateway), /longer than 64 KiB/);
    await until('end of the connection to the service', () => service.connections === 0);
    assert.ok(sent < 64 * 1024 * 1024, `${sent} bytes were taken`);
});

test('a redirect is not followed, and no header goes to another host', async (t) => {
    const elsewhere = await IceService.start();
    t.defer(() => elsewhere.close());
    elsewhere.answers(shapes.configuration(turn, { username: 'me', credential: 'pw' }));
    const gateway = await lied();
    for (const status of [301, 302, 307, 308]) {
        (await lying()).answers('', { status, headers: { Location: elsewhere.url } });
        assert.match(await refusal(gateway), new RegExp(`${status}.*not followed`));
    }
    assert.equal(elsewhere.requests.length, 0);
});

test('a service with a certificate of its own making is refused', async (t) => {
    const folder = temporaryFolder();
    t.defer(() => run('rm', ['-rf', folder]));
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(folder, name));
    await run('openssl', [
        ...'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2'.split(' '),
        ...['-subj', '/CN=localhost', '-keyout', key, '-out', cert],
    ]);
    const service = await IceService.start({ key: readFileSync(key), cert: readFileSync(cert) });
    t.defer(() => service.close());
    const gateway = await gatewayWith(t, { 'service-url': service.url });
    assert.match(await refusal(gateway), /certificate/);
    assert.equal(service.requests.length, 0);
});

test('one source fails, another has a relay: that one is handed out', async (t) => {
    const service = await IceService.start();
    t.defer(() => service.close());
    service.answers('asleep', { status: 503 });
    const settings = { 'service-url': service.url };
    const some = await gatewayWith(t, { ...settings, urls: turn, secret: 'x' });
    const { iceServers } = await (await ask(some)).json();
    assert.deepEqual(
        iceServers.map(({ urls }) => urls),
        [[turn]],
    );
    assert.match(some.process.said(), /asleep/);
    const stunOnly = await gatewayWith(t, { ...settings, stun: 'stun:a.example' });
    assert.match(await refusal(stunOnly), /asleep/);
});

test('only who may publish is given servers', async (t) => {
    const access = { 'publish-token': 'publish-secret-1', 'view-token': 'view-secret-1' };
    const gateway = await gatewayWith(t, { urls: turn, secret: 'x' }, { access });
    const options = (headers) =>
        fetch(`${gateway.url}/whip/demo`, { method: 'OPTIONS', headers });
    for (const headers of [{}, bearer('wrong'), bearer(access['view-token'])]) {
        const response = await ask(gateway, 'demo', headers);
        assert.equal(response.status, 401);
        assert.match(response.headers.get('WWW-Authenticate'), /^Bearer/);
        assert.ok(!(await response.text()).includes('credential'));
        assert.equal((await options(headers)).headers.get('Link'), null);
        const refused = await post(gateway, 'demo', headers);
        assert.equal(refused.status, 401);
        assert.equal(refused.headers.get('Link'), null);
    }
    const token = bearer(access['publish-token']);
    assert.equal((await ask(gateway, 'demo', token)).status, 200);
    assert.equal(
        (await fetch(`${gateway.url}/api/v1/ice?stream=demo&token=${access['publish-token']}`))
            .status,
        200,
    );
    const allowed = await options(token);
    assert.equal(allowed.status, 200);
    assert.match(allowed.headers.get('Accept-Post'), /application\/sdp/);
    assert.match(allowed.headers.get('Allow'), /POST/);
    const [link] = linksOf(allowed);
    assert.equal(link.url, turn);
    assert.equal(link['credential-type'], 'password');
    assert.ok(link.username && link.credential);
    const published = await post(gateway, 'demo', token);
    assert.equal(published.status, 201);
    t.defer(() => stop(new URL(published.headers.get('Location'), gateway.url), token));
    assert.notEqual(linksOf(published)[0].username, link.username);
});

test('a preflight is given no servers, whatever it brings', async (t) => {
    const gateway = await gatewayWith(t, { urls: turn, secret: 'x' });
    for (const headers of [
        { 'Access-Control-Request-Method': 'POST', Origin: 'https://elsewhere.example' },
        { 'Access-Control-Request-Method': 'OPTIONS' },
    ]) {
        // fetch() may not send these.
        const text = await run('curl', [
            ...['-s', '-i', '-X', 'OPTIONS'],
            ...Object.entries(headers).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
            `${gateway.url}/whip/demo`,
        ]);
        assert.match(text, /^HTTP\/1.1 20[04]/);
        assert.doesNotMatch(text, /^link:/im);
    }
    assert.equal(linksOf(await fetch(`${gateway.url}/whip/demo`, { method: 'OPTIONS' })).length, 1);
});

test('a stream that is named must be one', async (t) => {
    const gateway = await gatewayWith(t, {});
    assert.equal((await fetch(`${gateway.url}/api/v1/ice`)).status, 200);
    for (const name of ['', '..', 'a%2Fb', '-x', 'x'.repeat(65)]) {
        assert.equal((await ask(gateway, name)).status, 404, name);
    }
    assert.deepEqual(await (await ask(gateway)).json(), {
        iceServers: [],
        iceTransportPolicy: 'all',
    });
    assert.equal(
        (await fetch(`${gateway.url}/api/v1/ice?stream=demo`, { method: 'POST' })).status,
        405,
    );
});

test('the page says why it does not publish, and publishes when it can', async (t) => {
    const { service, gateway } = await serviced(t, { body: 'asleep', status: 500 });
    const chromium = await Chromium.start();
    t.defer(() => chromium.close());
    const page = await chromium.open(`${gateway.url}/publish/demo?autostart=1&source=test`);
    const shown = await until('message of the page', async () => {
        const text = await page.evaluate(() => document.body.innerText);
        return /asleep/.test(text) && text;
    });
    assert.match(shown, /No relay can be had now.*asleep.*Trying again/s);
    assert.equal(await gateway.stream('demo'), undefined, 'nothing is published meanwhile');
    const plain = shapes.configuration(turn, credentials('x'));
    service.answers(plain);
    await pageState(page, 'live');
});

test('bad settings for relays are refused by name', async (t) => {
    const folder = temporaryFolder();
    t.defer(() => run('rm', ['-rf', folder]));
    const unreadable = join(folder, 'secret');
    writeFileSync(unreadable, '');
    chmodSync(unreadable, 0o600);
    const file = join(folder, 'spillway.conf');
    for (const [lines, words] of [
        [`urls=${turn};turn:`, ['spillway.conf', '[relay]', 'urls', '"turn:"']],
        [`urls=${turn}`, ['[relay]', 'urls', 'secret']],
        ['secret=x', ['[relay]', 'secret', 'urls']],
        [`urls=${turn}\nsecret=x\nsecret-file=${unreadable}`, ['[relay]', 'not both']],
        [`urls=${turn}\nsecret-file=${unreadable}`, [unreadable, 'must hold']],
        [`urls=${turn}\nsecret-file=/nonexistent`, ['secret-file /nonexistent', 'No such file']],
        ['ttl=10', ['spillway.conf', '[relay] ttl', '30', '86400']],
        ['embedded=no\npolicy=relay', ['[relay] policy=relay needs a relay']],
    ]) {
        writeFileSync(file, `[relay]\n${lines}\n`);
        const process = new Process(spillway, ['--config', file, '--check-config']);
        t.defer(() => process.close());
        assert.equal(await process.exit(), 78, lines);
        for (const word of words)
            assert.ok(process.said().includes(word), `"${word}" is not in: ${process.said()}`);
    }
});

test('a start says when everybody is given credentials', async (t) => {
    const relay = { urls: turn, secret: 'x' };
    const open = await gatewayWith(t, relay, { access: { open: 'yes' } });
    assert.match(open.process.said(), /everyone.*publish-token/);
    const guarded = await gatewayWith(t, relay, {
        access: { open: 'yes', 'publish-token': 'long-enough' },
    });
    assert.doesNotMatch(guarded.process.said(), /everyone/);
});

test('coturn accepts what is handed out, and nothing else', async (t) => {
    const port = await freePort();
    const secret = 'shared-with-coturn';
    const here = { address: '127.0.0.1', start: (...words) => new Process(...words) };
    const settings = settingsFor(here, { secret, peers: [here.address] });
    const relay = await Coturn.start(
        here,
        `${settings}\nlistening-port=${port}\nallow-loopback-peers`,
        { port },
    );
    t.defer(() => relay.close());
    const gateway = await gatewayWith(t, { urls: `turn:127.0.0.1:${port}`, secret });
    const { iceServers } = await (await ask(gateway)).json();
    /** Allocates twice and sends from one to the other. */
    const client = async ({ username, credential }) => {
        const process = new Process('turnutils_uclient', [
            ...['-u', username, '-w', credential, '-p', `${port}`],
            ...['-y', '-n', '5', '-m', '1', '-l', '100', here.address],
        ]);
        t.defer(() => process.close());
        return { code: await process.exit(20_000), said: process.said() };
    };
    const [given] = iceServers;
    const { code, said } = await client(given);
    assert.equal(code, 0, said);
    assert.match(said, /tot_recv_msgs=[1-9]/);
    assert.notEqual((await client({ ...given, credential: `${given.credential}x` })).code, 0);
    assert.notEqual((await client(credentials(secret, -5))).code, 0);
});
