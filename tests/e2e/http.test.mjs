/** Hostile and careless HTTP. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Gateway } from './support/gateway.mjs';
import { RawConnection, statusOf } from './support/raw_http.mjs';
import { suite } from './support/suite.mjs';

const { test, shared } = suite(import.meta.url, { waits: true });

const gateway = shared(() => Gateway.start());
const offer = (name) =>
    readFileSync(new URL(`../data/offers/${name}.sdp`, import.meta.url), 'utf8');

async function post(
    server,
    body,
    { type = 'application/sdp', path = '/whip/bad', headers = {} } = {},
) {
    const response = await fetch(server.url + path, {
        method: 'POST',
        body,
        headers: { ...(type && { 'Content-Type': type }), ...headers },
    });
    const text = await response.text();
    if (response.status >= 400) {
        assert.match(
            response.headers.get('Content-Type') ?? '',
            /^application\/problem\+json/,
            text,
        );
        const problem = JSON.parse(text);
        assert.equal(problem.status, response.status);
        assert.ok(problem.title && problem.detail && problem.type, text);
    }
    return { status: response.status, text, headers: response.headers };
}

async function assertHealthy(server) {
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
    assert.deepEqual((await server.json('/api/v1/streams')).streams, []);
}

const good = () => offer('chromium-camera');
const without = (pattern) =>
    good()
        .split('\r\n')
        .filter((line) => !pattern.test(line))
        .join('\r\n');

// Offers that nothing can be made of: [what, text, status]
const badOffers = [
    ['garbage', () => 'garbage', [400]],
    ['nothing', () => '', [400]],
    ['a truncated line', () => good().slice(0, 700), [400, 422]],
    ['NULs', () => good().replace('v=0', 'v=0\0'), [400]],
    [
        '500 m-lines',
        () => good() + 'm=video 9 UDP/TLS/RTP/SAVPF 96\r\n'.repeat(500),
        [400, 413, 422],
    ],
    ['no ufrag', () => without(/^a=ice-ufrag/), [400, 422]],
    ['no fingerprint', () => without(/^a=fingerprint/), [400, 422]],
    ['no mid', () => without(/^a=mid/), [400, 422]],
    ['no setup', () => without(/^a=setup/), [400, 422]],
    ['duplicate mids', () => good().replace(/^a=mid:.*$/gm, 'a=mid:0'), [400, 422]],
    [
        'an unknown BUNDLE mid',
        () => good().replace(/^a=group:BUNDLE.*$/m, 'a=group:BUNDLE 7 8'),
        [400, 422],
    ],
    ['RTP/AVP', () => good().replaceAll('UDP/TLS/RTP/SAVPF', 'RTP/AVP'), [400, 422]],
    ['recvonly', () => offer('chromium-recvonly'), [400, 422]],
    ['only VP9', () => offer('chromium-vp9-only'), [422]],
    ['only a data channel', () => offer('chromium-datachannel'), [422]],
    ['only audio', () => offer('chromium-audio-only'), [422]],
    [
        'clock rate 0',
        () => good().replaceAll('VP8/90000', 'VP8/0').replaceAll('H264/90000', 'H264/0'),
        [400, 422],
    ],
    [
        'a ufrag of 5000 characters',
        () => good().replace(/^a=ice-ufrag:.*$/gm, `a=ice-ufrag:${'u'.repeat(5000)}`),
        [400, 422],
    ],
];

for (const [what, text, statuses] of badOffers) {
    test(`an offer with ${what} is refused`, async () => {
        const server = await gateway();
        const { status, text: answer } = await post(server, text());
        assert.ok(statuses.includes(status), `${status}: ${answer}`);
        await assertHealthy(server);
    });
}

test('no common codec: the answer names those offered and those taken', async () => {
    const { text } = await post(await gateway(), offer('chromium-vp9-only'));
    assert.match(text, /VP9/);
    assert.match(text, /VP8/);
    assert.match(text, /H\.?264/);
});

test('wrong and absent content types get 415 and Accept-Post', async () => {
    const server = await gateway();
    for (const type of ['text/plain', 'application/json', null]) {
        const { status, headers } = await post(server, Buffer.from(good()), { type });
        assert.equal(status, 415, `type ${type}`);
        assert.match(headers.get('Accept-Post') ?? '', /application\/sdp/);
    }
});

test('a body of 2 MB gets 413', async () => {
    const server = await gateway();
    const connection = await RawConnection.open(server);
    connection.send(
        `POST /whip/big HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 2000000\r\n\r\n${'v'.repeat(70_000)}`,
    );
    assert.equal(await connection.status(), 413);
    await connection.close();
    await assertHealthy(server);
});

test('a chunked body without end gets 413', async () => {
    const server = await gateway();
    const connection = await RawConnection.open(server);
    connection.send(
        'POST /whip/big HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nTransfer-Encoding: chunked\r\n\r\n',
    );
    for (let n = 0; n < 40; ++n) connection.send(`8000\r\n${'v'.repeat(0x8000)}\r\n`);
    assert.ok([400, 413].includes(await connection.status()));
    await connection.close();
    await assertHealthy(server);
});

test('a slow body is cut off', async (t) => {
    const server = await gateway();
    const connection = await RawConnection.open(server);
    t.defer(() => connection.close());
    connection.send(
        'POST /whip/slow HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 5000\r\n\r\n',
    );
    const drip = setInterval(() => connection.send('v'), 500);
    t.defer(async () => clearInterval(drip));
    await connection.ended(15_000);
    await assertHealthy(server);
});

test('headers without end are cut off', async (t) => {
    const server = await gateway();
    const dripping = await RawConnection.open(server);
    t.defer(() => dripping.close());
    dripping.send('GET / HTTP/1.1\r\nHost: localhost\r\n');
    const drip = setInterval(() => dripping.send('X-More: yes\r\n'), 300);
    t.defer(async () => clearInterval(drip));
    const flooding = await RawConnection.open(server);
    t.defer(() => flooding.close());
    flooding.send(`GET / HTTP/1.1\r\nHost: localhost\r\n${'X-More: yes\r\n'.repeat(100_000)}`);
    await flooding.ended(15_000);
    await dripping.ended(15_000);
    await assertHealthy(server);
});

test('a connection that says nothing is closed', async (t) => {
    const server = await gateway();
    const connection = await RawConnection.open(server);
    t.defer(() => connection.close());
    await connection.ended(40_000);
});

test('1000 idle connections leave room for others', async (t) => {
    const server = await gateway();
    const idle = [];
    t.defer(async () => {
        for (const connection of idle) await connection.close();
    });
    const openMore = async (count) =>
        idle.push(
            ...(await Promise.all(Array.from({ length: count }, () => RawConnection.open(server)))),
        );
    for (let n = 0; n < 5; ++n) await openMore(200); // fewer at a time than the kernel lets wait
    const started = performance.now();
    await assertHealthy(server);
    assert.ok(performance.now() - started < 2_000, 'answers are slow');
    await openMore(200);
    await assertHealthy(server);
});

const names = [
    ['..', '/live/../index.m3u8'],
    ['%2e%2e', '/live/%2e%2e/index.m3u8'],
    ['%2f', '/live/a%2fb/index.m3u8'],
    ['..%2f', '/live/..%2f..%2fetc/index.m3u8'],
    ['NUL', '/live/a%00b/index.m3u8'],
    ['65 characters', `/live/${'a'.repeat(65)}/index.m3u8`],
    ['a leading dash', '/live/-a/index.m3u8'],
    ['a dot', '/live/a.b/index.m3u8'],
    ['a backslash', '/live/a%5cb/index.m3u8'],
    ['UTF-8', '/live/%c3%a9/index.m3u8'],
];
for (const [what, path] of names) {
    test(`a stream name with ${what} is not found`, async () => {
        const server = await gateway();
        for (const [method, target] of [
            ['GET', path],
            ['POST', path.replace('/live/', '/whip/').replace('/index.m3u8', '')],
        ]) {
            const status = await statusOf(
                server,
                `${method} ${target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/sdp\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`,
            );
            assert.ok([400, 404, 405].includes(status), `${method} ${target}: ${status}`);
        }
    });
}

test('recordings and pages do not lead out of their folders', async () => {
    const server = await gateway();
    for (const path of [
        '/recordings/../recordings.db',
        '/recordings/..%2frecordings.db',
        '/web/../meson.build',
        '/web/%2e%2e/meson.build',
        '/web/..%2f..%2f..%2fetc/passwd',
        '/recordings/demo-20261120T101500.123Z%00.mp4',
        '/web/node_modules/hls.js/package.json',
    ]) {
        const status = await statusOf(
            server,
            `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        );
        assert.ok([400, 403, 404].includes(status), `${path}: ${status}`);
    }
});

test('a foreign Host gets 403', async () => {
    const server = await gateway();
    const get = (host) =>
        statusOf(
            server,
            `GET /api/v1/streams HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`,
        );
    for (const host of [
        'evil.example',
        `evil.example:${server.port}`,
        '127.0.0.1.evil.example',
        '192.0.2.1',
    ]) {
        assert.equal(await get(host), 403, host);
    }
    for (const host of ['localhost', `127.0.0.1:${server.port}`, '[::1]:8080'])
        assert.equal(await get(host), 200, host);
    const none = await statusOf(
        server,
        'GET /api/v1/streams HTTP/1.1\r\nConnection: close\r\n\r\n',
    );
    assert.ok([400, 403].includes(none), `without Host: ${none}`);
});

test('a foreign Origin may not command, but publish and play', async () => {
    const server = await gateway();
    const headers = { Origin: 'https://evil.example' };
    const command = await fetch(`${server.url}/api/v1/streams/demo`, { method: 'DELETE', headers });
    assert.equal(command.status, 403);
    const output = await fetch(`${server.url}/api/v1/streams/demo/outputs`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        body: '{}',
    });
    assert.equal(output.status, 403);
    assert.equal(
        (await fetch(`${server.url}/api/v1/streams`, { headers })).headers.get(
            'Access-Control-Allow-Origin',
        ),
        null,
    );
    for (const [path, method] of [
        ['/whip/demo', 'POST'],
        ['/whip/demo/some-session', 'PATCH'],
        ['/whip/demo/some-session', 'DELETE'],
    ]) {
        const preflight = await fetch(server.url + path, {
            method: 'OPTIONS',
            headers: {
                ...headers,
                'Access-Control-Request-Method': method,
                'Access-Control-Request-Headers': 'authorization,content-type,if-match',
            },
        });
        assert.ok([200, 204].includes(preflight.status));
        assert.ok(
            ['*', headers.Origin].includes(preflight.headers.get('Access-Control-Allow-Origin')),
        );
        assert.ok(
            preflight.headers.get('Access-Control-Allow-Methods').split(/, */).includes(method),
            `${method} ${path}`,
        );
        for (const name of ['authorization', 'content-type', 'if-match']) {
            assert.ok(
                preflight.headers.get('Access-Control-Allow-Headers').toLowerCase().includes(name),
                name,
            );
        }
    }
    const playlist = await fetch(`${server.url}/live/demo/index.m3u8`, { headers });
    assert.equal(playlist.status, 404);
    assert.ok(playlist.headers.get('Access-Control-Allow-Origin'));
});

test('nonsense instead of HTTP', async () => {
    const server = await gateway();
    for (const text of [
        '\r\n\r\n\r\n',
        '\x16\x03\x01\x02\x00\x01',
        'GET\r\n\r\n',
        'GET / HTTP/9.9\r\n\r\n',
        'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
        'POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
        'POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n',
        'POST /whip/a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    ]) {
        const connection = await RawConnection.open(server);
        connection.send(text);
        connection.socket.end();
        await connection.ended(15_000);
        const status = Number(/^HTTP\/1\.\d (\d+)/.exec(connection.received)?.[1] ?? 0);
        assert.ok(status === 0 || status >= 400, `${JSON.stringify(text.slice(0, 40))}: ${status}`);
    }
    await assertHealthy(server);
});
