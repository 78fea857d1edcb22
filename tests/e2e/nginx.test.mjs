/** Behind a real nginx with TLS, configured by gateway/deploy/nginx.conf. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium, pageState, watchVideo } from './support/browser.mjs';
import { freePort, Gateway, temporaryFolder } from './support/gateway.mjs';
import { name, Nginx } from './support/nginx.mjs';
import { assertBroadcast, assertMovingPictures } from './support/probe.mjs';
import { run } from './support/process.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { scratch } from './support/players.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { waits: true });

const token = 'publish-secret-1';

const setup = shared(async () => {
    const folder = temporaryFolder();
    const gateway = await Gateway.start({
        folder,
        port: await freePort(),
        settings: {
            server: { hosts: name, 'trusted-proxy': 'yes', 'x-accel': '/protected-recordings/' },
            access: { 'publish-token': token },
        },
    });
    const nginx = await Nginx.start(gateway.port, gateway.data);
    return {
        gateway,
        nginx,
        close: async () => {
            await nginx.close();
            await gateway.close();
            await run('rm', ['-rf', folder]);
        },
    };
});
const chromium = shared(() =>
    Chromium.start({
        args: [`--host-resolver-rules=MAP ${name} 127.0.0.1`, '--ignore-certificate-errors'],
    }),
);

const open = async (path) =>
    (await chromium()).open((await setup()).nginx.url + path, { ignoreHTTPSErrors: true });

test(
    'Chromium publishes and watches over https',
    async (t) => {
        const { gateway, nginx } = await setup();
        const page = await open(`/publish/demo?autostart=1&source=test&token=${token}`);
        t.defer(() => page.context().close());
        await pageState(page, 'live');
        await gateway.listed('demo', 2);
        const playlist = await nginx.get('/live/demo/index.m3u8');
        assert.equal(playlist.status, 200);
        assert.match(playlist.headers['content-type'], /application\/vnd\.apple\.mpegurl/);
        const watch = await open('/watch/demo');
        t.defer(() => watch.context().close());
        await watch.waitForFunction(() => document.body.dataset.state === 'playing', null, {
            timeout: 25_000,
            polling: 100,
        });
        assertMovingPictures((await watch.evaluate(watchVideo)).pictures);
        await page.click('#stop');
        await pageState(page, 'stopped');
    },
    { within: 90_000 },
);

test('recordings are sent by nginx, with ranges', async (t) => {
    const { gateway, nginx } = await setup();
    const sender = await Publisher.start(gateway, 'saved', {
        file: 'h264.mkv',
        options: ['--token', token, '--seconds', '5'],
    });
    t.defer(() => sender.close());
    const recording = await gateway.finished('saved', 30_000);
    const direct = await fetch(gateway.url + recording.url, {
        headers: { 'X-Forwarded-For': '192.0.2.7' },
    });
    assert.match(direct.headers.get('X-Accel-Redirect') ?? '', /^\/protected-recordings\//);
    const whole = await nginx.get(recording.url);
    assert.equal(whole.status, 200);
    assert.equal(whole.headers['x-accel-redirect'], undefined);
    assert.equal(whole.headers['content-type'], 'video/mp4');
    assert.match(whole.headers['content-disposition'], /attachment/);
    assert.equal(whole.body.length, recording.bytes);
    const part = await nginx.get(recording.url, { headers: { Range: 'bytes=100-199' } });
    assert.equal(part.status, 206);
    assert.deepEqual(part.body, whole.body.subarray(100, 200));
    const { folder, close } = scratch();
    t.defer(close);
    writeFileSync(join(folder, 'recording.mp4'), whole.body);
    await assertBroadcast(join(folder, 'recording.mp4'));
});

test('what is protected stays so from outside', async () => {
    const { gateway, nginx } = await setup();
    assert.equal((await nginx.get('/protected-recordings/')).status, 404);
    const [recording] = await gateway.recordings();
    if (recording)
        assert.equal((await nginx.get(`/protected-recordings/${recording.stream}/`)).status, 404);
    const body = 'v=0\r\n';
    const refused = await nginx.get('/whip/demo', {
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/sdp', 'Content-Length': body.length },
    });
    assert.equal(refused.status, 401);
    assert.match(refused.headers['www-authenticate'], /Bearer/);
});

test('events arrive at once through nginx', async (t) => {
    const { gateway, nginx } = await setup();
    const { connect } = await import('node:tls');
    const socket = connect({
        host: '127.0.0.1',
        port: nginx.port,
        servername: name,
        rejectUnauthorized: false,
        ALPNProtocols: ['http/1.1'],
    });
    t.defer(async () => socket.destroy());
    let text = '';
    socket.on('data', (part) => {
        text += part;
    });
    socket.write(`GET /api/v1/events HTTP/1.1\r\nHost: ${name}\r\n\r\n`);
    await until('answer', () => text.includes('text/event-stream'));
    const sender = await Publisher.start(gateway, 'told', {
        file: 'h264.mkv',
        options: ['--token', token],
    });
    t.defer(() => sender.close());
    await until('event', () => /event: stream[\s\S]*"told"/.test(text), { within: 5_000 });
});
