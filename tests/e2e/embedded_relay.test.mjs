/** The relay that starts with the gateway: its life, and what it lets nobody do. */

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createSocket } from 'node:dgram';
import { chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium, pageState } from './support/browser.mjs';
import { Gateway, spillway, temporaryFolder } from './support/gateway.mjs';
import { assertBroadcast } from './support/probe.mjs';
import { isAlive, Process, run } from './support/process.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { waits: true });

const startedWithin = 2_000; // ms
const turnClient = new URL('support/turn_client.mjs', import.meta.url).pathname;
const offer = readFileSync(new URL('../data/offers/chromium-camera.sdp', import.meta.url));

const gateway = shared(() => Gateway.start());

/** The gateway's own relay as a browser is told of it: {url, port, username, credential}. */
async function serverOf(server) {
    const { iceServers } = await server.json('/api/v1/ice?stream=demo');
    assert.equal(iceServers.length, 1);
    const [{ urls, ...credentials }] = iceServers;
    const [, port] = /^turn:127\.0\.0\.1:(\d+)\?transport=udp$/.exec(urls[0]);
    assert.deepEqual(
        urls,
        ['udp', 'tcp'].map((kind) => `turn:127.0.0.1:${port}?transport=${kind}`),
    );
    return { server: '127.0.0.1', port: Number(port), ...credentials };
}

/** What the relay answers a client that has the credentials of a publisher. */
async function askRelay(wanted) {
    return JSON.parse(await run(process.execPath, [turnClient, JSON.stringify(wanted)]));
}

/** A folder with a program that stands for coturn. */
function standIn(t, script) {
    const folder = temporaryFolder();
    t.defer(() => run('rm', ['-rf', folder]));
    const program = join(folder, 'turnserver');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    return { SPILLWAY_TURNSERVER: program };
}

/** The answer to an offer, as lines. */
async function answerOf(server, stream) {
    const response = await fetch(`${server.url}/whip/${stream}`, {
        method: 'POST',
        body: offer,
        headers: { 'Content-Type': 'application/sdp' },
    });
    assert.equal(response.status, 201, await response.clone().text());
    await fetch(new URL(response.headers.get('Location'), server.url), { method: 'DELETE' });
    return (await response.text()).split('\r\n');
}

const candidatesOf = (lines) =>
    lines
        .map((line) => /^a=candidate:\S+ 1 udp (\d+) (\S+) (\d+) typ (\S+)/.exec(line))
        .filter(Boolean)
        .map(([, priority, address, port, type]) => ({
            priority: Number(priority),
            address,
            port: Number(port),
            type,
        }));

test('without any setting a relay is there and is handed out', async () => {
    const server = await gateway();
    const { username, credential, ...relay } = await serverOf(server);
    assert.match(username, /^\d{10}:[0-9a-f]{16}$/);
    assert.match(credential, /^[A-Za-z0-9+/]{27}=$/);
    const another = await serverOf(server);
    assert.notEqual(another.username, username, 'credentials are fresh for each publisher');
    assert.equal((await askRelay({ ...relay, username, credential })).allocate, 0);
    assert.equal((await askRelay({ ...relay, username, credential: 'wrong' })).allocate, 401);
});

test('a publisher who may use nothing else is recorded by it', async (t) => {
    const server = await Gateway.start({ settings: { relay: { policy: 'relay' } } });
    t.defer(() => server.close());
    const chromium = await Chromium.start();
    t.defer(() => chromium.close());
    const page = await chromium.open(`${server.url}/publish/demo?autostart=1&source=test`);
    await pageState(page, 'live');
    await server.listed('demo', 2);
    await page.click('#stop');
    const recording = await server.finished('demo');
    await assertBroadcast(server.url + recording.url);
    assert.deepEqual(page.complaints, []);
});

test('it is no way into the network, nor to this machine', async () => {
    const server = await gateway();
    const relay = await serverOf(server);
    const forbidden = [
        '127.0.0.1', // SSH, the pages, coturn itself
        '127.0.0.2',
        '127.1.1.1',
        '0.0.0.0',
        '10.1.1.1',
        '172.16.0.1',
        '192.168.0.1',
        '169.254.169.254',
        '192.0.2.1',
        '8.8.8.8',
        '224.0.0.251',
        '255.255.255.255',
    ];
    const { allocate, peers, channels } = await askRelay({
        ...relay,
        peers: forbidden,
        channels: forbidden,
    });
    assert.equal(allocate, 0);
    for (const address of forbidden) {
        assert.equal(peers[address], 403, `permission for ${address}`);
        assert.equal(channels[address], 403, `a channel to ${address}`);
    }
    // No address of IPv6 is of the family of what it allocates, mapped ones included.
    const others = ['::1', '::', '::ffff:127.0.0.1', '::127.0.0.1', 'fe80::1', 'ff02::1'];
    const { peers: six } = await askRelay({ ...relay, peers: others });
    for (const address of others) assert.equal(six[address], 443, `permission for ${address}`);
    assert.equal((await askRelay({ ...relay, family: 6 })).allocate, 440, 'addresses of IPv6');
    assert.equal((await askRelay({ ...relay, relayed: 'tcp' })).allocate, 442, 'TCP to peers');
});

test('packets go to the media address and nowhere else', async (t) => {
    const server = await gateway();
    const relay = await serverOf(server);
    const offered = candidatesOf(await answerOf(server, 'probe'));
    const media = offered.filter(({ priority }) => priority === 255);
    const own = media.find(({ address }) => address.startsWith('127.')).address;
    const alias = media.find(({ address }) => !address.startsWith('127.')).address;
    const sockets = {};
    for (const address of ['127.0.0.1', own]) {
        const socket = createSocket('udp4');
        t.defer(async () => socket.close());
        socket.heard = [];
        socket.on('message', (text) => socket.heard.push(String(text)));
        socket.bind(0, address);
        await once(socket, 'listening');
        sockets[address] = socket;
    }
    const send = Object.entries(sockets).map(([address, socket]) => ({
        address,
        port: socket.address().port,
        text: `to ${address}`,
    }));
    send.push({ address: alias, port: sockets[own].address().port, text: 'to the alias' });
    const { peers } = await askRelay({ ...relay, peers: [own, alias, '127.0.0.1'], send });
    assert.deepEqual(peers, { [own]: 0, [alias]: 0, '127.0.0.1': 403 });
    await until('both packets', () => sockets[own].heard.length === 2);
    assert.deepEqual(sockets[own].heard.sort(), ['to the alias', `to ${own}`].sort());
    assert.deepEqual(sockets['127.0.0.1'].heard, []);
});

test('the secret is told to nobody', async () => {
    const server = await gateway();
    const { username, credential } = await serverOf(server);
    const pid = server.relay();
    const about = (file) => readFileSync(`/proc/${pid}/${file}`, 'utf8');
    assert.doesNotMatch(about('cmdline') + about('environ'), /secret|[0-9a-f]{32}/);
    assert.match(about('status'), /^NoNewPrivs:\s*1$/m);
    const said = [...server.process.lines, ...server.process.errors].join('\n');
    assert.ok(!said.includes(username.split(':')[1]), 'a username was logged');
    assert.ok(!said.includes(credential), 'a credential was logged');
});

test('killed, it comes back with what was handed out, and ends with the gateway', async (t) => {
    const server = await Gateway.start();
    t.defer(() => server.close());
    const before = await serverOf(server);
    const first = server.relay();
    process.kill(first, 'SIGKILL');
    const second = await until('another relay', () => server.relay() !== first && server.relay());
    const after = await serverOf(server); // waits for it
    assert.equal(after.port, before.port);
    assert.equal((await askRelay(before)).allocate, 0, 'the old credentials are good');
    await server.process.line(/was killed by signal 9/);
    await server.close();
    assert.ok(!isAlive(second));
});

test('it does not outlive a gateway that is killed', async (t) => {
    const server = await Gateway.start();
    t.defer(() => server.close());
    await serverOf(server);
    const relay = server.relay();
    server.process.signal('SIGKILL');
    await server.process.exit();
    await until('end of the relay', () => !isAlive(relay), { within: 2_000 });
});

test('while it can’t be had the reason is told, and nobody is sent to it', async (t) => {
    const env = standIn(t, "echo '0: : ERROR: the relay is out of order'; exit 1");
    const server = await Gateway.start({ env });
    t.defer(() => server.close());
    const response = await fetch(`${server.url}/api/v1/ice?stream=demo`);
    assert.equal(response.status, 503);
    assert.match((await response.json()).detail, /the relay is out of order/);
    await server.process.line(/next try in 2\.0 s/); // longer and longer
});

test('the gateway waits for no relay', async (t) => {
    const env = standIn(t, 'exec sleep 60');
    const started = performance.now();
    const server = await Gateway.start({ env, ready: false });
    t.defer(() => server.close());
    await server.process.line(/^Spillway .* runs/);
    const took = performance.now() - started;
    assert.ok(took < startedWithin, `it took ${took.toFixed()} ms`);
});

test('without coturn a start says what to install, and fails if it must run', async (t) => {
    const env = { SPILLWAY_TURNSERVER: '/nonexistent/turnserver' };
    const server = await Gateway.start({ env });
    t.defer(() => server.close());
    await server.process.line(/install the Debian package coturn/);
    assert.deepEqual(await server.json('/api/v1/ice?stream=demo'), {
        iceServers: [],
        iceTransportPolicy: 'all',
    });
    const file = join(server.folder, 'yes.conf');
    writeFileSync(file, '[relay]\nembedded=yes\n');
    const refused = new Process(
        spillway,
        ['--config', file, '--listen', '127.0.0.1:0', '--data', join(server.folder, 'other')],
        { env: { ...process.env, ...env } },
    );
    t.defer(() => refused.close());
    assert.equal(await refused.exit(), 1);
    assert.match(refused.said(), /install the Debian package coturn/);
});

test('told not to, or with a relay elsewhere, it runs none', async (t) => {
    for (const relay of [
        { embedded: 'no' },
        { urls: 'turn:192.0.2.7:3478', secret: 'of-that-relay' },
    ]) {
        const server = await Gateway.start({ settings: { relay } });
        t.defer(() => server.close());
        await server.json('/api/v1/ice?stream=demo');
        assert.equal(server.relay(), undefined, JSON.stringify(relay));
    }
});

test('[ice] decides how publishers reach the pipelines', async (t) => {
    const server = await Gateway.start({
        settings: { ice: { ports: '42200-42215', 'public-address': '203.0.113.7', ipv6: 'no' } },
    });
    t.defer(() => server.close());
    const candidates = candidatesOf(await answerOf(server, 'demo'));
    assert.ok(candidates.length > 0);
    for (const { address, port } of candidates) {
        assert.ok(port >= 42200 && port <= 42215, `port ${port}`);
        assert.match(address, /^(127\.|198\.51\.100\.|203\.0\.113\.7$)/);
    }
});

test('[ice] use-relay: the gateway itself is reached by the relay', async (t) => {
    // The relay of another gateway stands for one elsewhere.
    const { server, port, username, credential } = await serverOf(await gateway());
    const fixed = `turn:${server}:${port}?transport=udp`;
    const other = await Gateway.start({
        settings: {
            relay: { 'fixed-urls': fixed, username, credential },
            ice: { 'use-relay': 'yes' },
        },
    });
    t.defer(() => other.close());
    const asked = performance.now();
    const offered = candidatesOf(await answerOf(other, 'demo'));
    assert.ok(performance.now() - asked < 2_000, 'the answer came late');
    assert.equal(offered.filter(({ type }) => type === 'relay').length, 1);
});
