/** Receivers added while live, and what is refused. */

import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, Gateway } from './support/gateway.mjs';
import { Events } from './support/events.mjs';
import { copyWithFfmpeg, scratch } from './support/players.mjs';
import { assertBroadcast } from './support/probe.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { bounded } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url);

const gateway = shared(() =>
    Gateway.start({
        settings: { rtp: { ports: '25000-25099', 'allowed-destinations': '192.0.2.0/24' } },
    }),
);
const publisher = shared(async () =>
    Publisher.start(await gateway(), 'demo', { file: 'h264.mkv' }),
);
const outputs = '/api/v1/streams/demo/outputs';

async function live() {
    const server = await gateway();
    await publisher();
    await server.live('demo');
    return server;
}

async function add(server, body, { path = outputs, type = 'application/json' } = {}) {
    const response = await fetch(server.url + path, {
        method: 'POST',
        headers: type ? { 'Content-Type': type } : {},
        body: typeof body === 'string' ? body : JSON.stringify(body),
    });
    return {
        status: response.status,
        location: response.headers.get('Location'),
        body: await response.json().catch(() => null),
    };
}

const remove = async (server, id) =>
    (await fetch(`${server.url}${outputs}/${id}`, { method: 'DELETE' })).status;

for (const type of ['rtp', 'ts']) {
    test(`a receiver of ${type} is added, plays by its .sdp, and is removed`, async (t) => {
        const server = await live();
        const { folder, close } = scratch();
        t.defer(close);
        const events = await Events.listen(server);
        t.defer(() => events.close());
        const port = (await freePort()) & ~1;
        const { status, location, body } = await add(server, { type, host: '127.0.0.1', port });
        assert.equal(status, 201);
        assert.deepEqual([body.type, body.host, body.port], [type, '127.0.0.1', port]);
        assert.equal(location, `${outputs}/${body.id}`);
        await events.first('output', ({ id, state }) => id === body.id && state === 'running');
        const sdp = await fetch(`${server.url}${outputs}/${body.id}.sdp`);
        assert.match(sdp.headers.get('Content-Type'), /^application\/sdp/);
        const text = await sdp.text();
        assert.match(text, new RegExp(`m=video ${port} RTP/AVP`));
        const file = join(folder, 'receiver.sdp');
        writeFileSync(file, text);
        const copy = join(folder, 'copy.ts');
        await copyWithFfmpeg(file, copy, 5);
        await assertBroadcast(copy);
        assert.equal(await remove(server, body.id), 204);
        assert.equal(await remove(server, body.id), 404);
        assert.ok(!(await server.json(outputs)).outputs.some(({ id }) => id === body.id));
    });
}

test('what is not a receiver is refused', async () => {
    const server = await live();
    const good = { type: 'rtp', host: '127.0.0.1', port: 5004 };
    const bad = [
        [{ ...good, port: 1023 }],
        [{ ...good, port: 0 }],
        [{ ...good, port: 65536 }],
        [{ ...good, port: '5004' }],
        [{ ...good, port: 5004.5 }],
        [{ ...good, host: '255.255.255.255' }],
        [{ ...good, host: '0.0.0.0' }],
        [{ ...good, host: '198.51.100.1' }],
        [{ ...good, host: 'localhost.evil.example' }],
        [{ ...good, host: '192.0.2.0/24' }],
        [{ ...good, host: '' }],
        [{ ...good, type: 'hls' }],
        [{ ...good, type: 'rtmp' }],
        [{ host: '127.0.0.1', port: 5004 }],
        ['not json'],
        ['[]'],
        ['{"type":"rtp","host":"127.0.0.1"'],
        [`{"type":"rtp","host":"${'1'.repeat(100_000)}","port":5004}`],
    ];
    for (const [body] of bad) {
        const { status } = await add(server, body);
        assert.ok(
            [400, 403, 413, 422].includes(status),
            `${JSON.stringify(body).slice(0, 80)}: ${status}`,
        );
    }
    for (const type of ['text/plain', 'application/x-www-form-urlencoded', null]) {
        assert.equal(
            (await add(server, JSON.stringify(good), { type })).status,
            415,
            `type ${type}`,
        );
    }
    assert.equal((await add(server, good, { path: '/api/v1/streams/none/outputs' })).status, 404);
    assert.equal((await server.json(outputs)).outputs.length, 4);
});

test('an allowed destination is taken, at most 16 receivers', async () => {
    const server = await live();
    const ids = [];
    const far = await add(server, { type: 'ts', host: '192.0.2.7', port: 5004 });
    assert.equal(far.status, 201);
    ids.push(far.body.id);
    for (let n = 1; n < 16; ++n) {
        const { status, body } = await add(server, {
            type: 'ts',
            host: '127.0.0.1',
            port: 26_000 + 10 * n,
        });
        assert.equal(status, 201, `receiver ${n + 1}`);
        ids.push(body.id);
    }
    const { status } = await add(server, { type: 'ts', host: '127.0.0.1', port: 26_900 });
    assert.ok([409, 422].includes(status), `the 17th: ${status}`);
    for (const id of ids) assert.equal(await remove(server, id), 204);
});

test('built-in outputs stay', async () => {
    const server = await live();
    for (const id of ['hls', 'rtp', 'ts', 'mp4']) assert.equal(await remove(server, id), 409, id);
});

test('a .sdp has what players need', async () => {
    const server = await live();
    const response = await fetch(`${server.url}/live/demo/stream.sdp`);
    assert.match(response.headers.get('Content-Disposition'), /\.sdp/);
    const text = await response.text();
    const lines = text.split('\r\n');
    assert.equal(lines.pop(), '', 'no newline at the end');
    assert.deepEqual(lines.slice(0, 1), ['v=0']);
    assert.match(lines[1], /^o=- \d+ \d+ IN IP4 127\.0\.0\.1$/);
    assert.match(text, /^s=\S/m);
    assert.match(text, /^c=IN IP4 127\.0\.0\.1\r$/m);
    const ports = [...text.matchAll(/^m=(?:video|audio) (\d+) RTP\/AVP (\d+)\r$/gm)];
    assert.equal(ports.length, 2);
    for (const [, port, payload] of ports) {
        assert.equal(port % 2, 0);
        assert.ok(payload >= 96);
    }
    assert.match(text, /^a=fmtp:\d+ .*packetization-mode=1.*$/m);
    assert.match(text, /sprop-parameter-sets=[\w+/=]+,[\w+/=]+/);
    assert.match(text, /MPEG4-GENERIC\/48000\/2/i);
    assert.match(text, /config=[0-9a-f]+/i);
    assert.doesNotMatch(text, /ice-|fingerprint|rtcp-mux|SAVPF|a=ssrc/);
});

test('streams get ports of their own', async (t) => {
    const server = await live();
    const second = await Publisher.start(server, 'second', { file: 'h264.mkv' });
    t.defer(() => second.close());
    await server.live('second');
    const portsOf = async (stream) => {
        const texts = await Promise.all(
            ['stream', 'ts'].map((name) => server.text(`/live/${stream}/${name}.sdp`)),
        );
        return texts.flatMap((text) =>
            [...text.matchAll(/^m=\w+ (\d+)/gm)].map(([, port]) => Number(port)),
        );
    };
    const all = [...(await portsOf('demo')), ...(await portsOf('second'))];
    assert.equal(new Set(all).size, 6, all.join(' '));
    for (const port of all) assert.ok(port % 2 === 0 && port >= 25_000 && port <= 25_099);
});

test('a client elsewhere gets no .sdp of loopback, and HLS by vlc.m3u', async (t) => {
    const server = await Gateway.start({
        settings: { server: { 'trusted-proxy': 'yes' }, access: { open: 'yes' } },
    });
    t.defer(() => server.close());
    const sender = await Publisher.start(server, 'demo', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    await server.live('demo');
    const headers = { 'X-Forwarded-For': '203.0.113.7' };
    for (const name of ['stream.sdp', 'ts.sdp']) {
        const refused = await fetch(`${server.url}/live/demo/${name}`, { headers });
        assert.equal(refused.status, 409, name);
        assert.match((await refused.json()).detail, /destination/);
    }
    const list = await (await fetch(`${server.url}/live/demo/vlc.m3u`, { headers })).text();
    assert.match(list, /^http.*\/live\/demo\/index\.m3u8/m);
    assert.match(await server.text('/live/demo/vlc.m3u'), /^rtp:\/\/@?127\.0\.0\.1:\d+/m);
});

test('a .sdp is given only when its parameters are known', async (t) => {
    const server = await live();
    const sender = await Publisher.start(server, 'early', {
        file: 'h264.mkv',
        options: ['--no-connect'],
        sending: false,
    });
    t.defer(() => sender.close());
    await sender.event('answered');
    for (const name of ['stream.sdp', 'ts.sdp', 'vlc.m3u']) {
        const response = await fetch(`${server.url}/live/early/${name}`);
        assert.equal(response.status, 503, name);
        assert.ok(Number(response.headers.get('Retry-After')) > 0, name);
    }
    assert.equal((await fetch(`${server.url}/live/none/stream.sdp`)).status, 404);
});

test('RTP goes to a multicast group', async (t) => {
    const group = '239.255.41.42';
    const server = await Gateway.start({
        settings: { rtp: { destination: group, interface: 'lo', ttl: 1, ports: '25200-25299' } },
    });
    t.defer(() => server.close());
    const sender = await Publisher.start(server, 'demo', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    await server.live('demo');
    const text = await server.text('/live/demo/ts.sdp');
    assert.match(text, new RegExp(`^c=IN IP4 ${group}/1\\r$`, 'm'));
    const [, port] = /^m=video (\d+)/m.exec(text);
    const socket = createSocket({ type: 'udp4', reuseAddr: true });
    t.defer(async () => socket.close());
    await new Promise((done) => {
        socket.bind(Number(port), group, done);
    });
    socket.addMembership(group, '127.0.0.1');
    const packet = await bounded(
        'packet',
        new Promise((resolve) => {
            socket.once('message', resolve);
        }),
        5_000,
    );
    assert.equal(packet[1] & 0x7f, 33);
    assert.equal(packet[12], 0x47); // a packet of MPEG-TS
});
