/** Tokens: who may publish and who may watch. */

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Chromium, pageState, watchVideo } from './support/browser.mjs';
import { Gateway } from './support/gateway.mjs';
import { assertMovingPictures } from './support/probe.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { probeLive } from './support/players.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url, { waits: true });

const publishToken = 'publish-secret-1';
const viewToken = 'view-secret-1';
const gateway = shared(() =>
    Gateway.start({
        settings: { access: { 'publish-token': publishToken, 'view-token': viewToken } },
    }),
);
const chromium = shared(() => Chromium.start());
const publisher = shared(async () =>
    Publisher.start(await gateway(), 'demo', {
        file: 'h264.mkv',
        options: ['--token', publishToken],
    }),
);

async function live() {
    const server = await gateway();
    await publisher();
    await until(
        'live stream',
        async () =>
            (await server.json('/api/v1/streams/demo', { headers: bearer(viewToken) }))?.state ===
            'live',
    );
    return server;
}
const bearer = (token) => ({ Authorization: `Bearer ${token}` });

test('publishing without the token gets 401 and WWW-Authenticate', async () => {
    const server = await gateway();
    const body = readFileSync(new URL('../data/offers/chromium-camera.sdp', import.meta.url));
    for (const token of [null, 'wrong', viewToken, `${publishToken}x`, publishToken.slice(0, -1)]) {
        const response = await fetch(`${server.url}/whip/other`, {
            method: 'POST',
            body,
            headers: { 'Content-Type': 'application/sdp', ...(token !== null && bearer(token)) },
        });
        assert.equal(response.status, 401, `token ${token}`);
        assert.match(response.headers.get('WWW-Authenticate'), /^Bearer/);
        assert.match(response.headers.get('Content-Type'), /problem\+json/);
        assert.equal(response.headers.get('Link'), null);
    }
});

test('a session is ended by its token only', async () => {
    const server = await live();
    const { session } = await (await publisher()).event('answered');
    assert.equal((await fetch(session, { method: 'DELETE' })).status, 401);
    assert.equal(
        (await fetch(session, { method: 'DELETE', headers: bearer(viewToken) })).status,
        401,
    );
    assert.ok(await server.json(`/api/v1/streams/demo?token=${viewToken}`));
});

test('watching needs the view token, as Bearer or ?token=', async () => {
    const server = await live();
    for (const path of [
        '/live/demo/index.m3u8',
        '/live/demo/stream.sdp',
        '/api/v1/streams',
        '/api/v1/recordings',
        '/api/v1/events',
    ]) {
        const refused = await fetch(server.url + path);
        assert.equal(refused.status, 401, path);
        assert.match(refused.headers.get('WWW-Authenticate'), /^Bearer/);
        assert.equal((await fetch(`${server.url}${path}?token=wrong`)).status, 401, path);
    }
    for (const path of ['/api/v1/streams', '/api/v1/recordings']) {
        assert.equal((await fetch(server.url + path, { headers: bearer(viewToken) })).status, 200);
        assert.equal((await fetch(`${server.url}${path}?token=${viewToken}`)).status, 200);
    }
    assert.equal((await fetch(`${server.url}/healthz`)).status, 200);
});

test('a view token does not command', async () => {
    const server = await live();
    const response = await fetch(`${server.url}/api/v1/streams/demo`, {
        method: 'DELETE',
        headers: bearer(viewToken),
    });
    assert.ok([401, 403].includes(response.status));
    assert.equal((await server.json(`/api/v1/streams/demo?token=${viewToken}`)).state, 'live');
});

test('a playlist with ?token= plays, its addresses carry the token', async () => {
    const server = await live();
    const url = `${server.url}/live/demo/index.m3u8?token=${viewToken}`;
    await until('playlist', async () => (await fetch(url)).status === 200);
    const { streams } = await probeLive(url);
    assert.ok(streams.some(({ codec_name: name }) => name === 'h264'));
});

test('the watch page takes the token from its own address', async (t) => {
    const server = await live();
    const watch = await (await chromium()).open(`${server.url}/watch/demo?token=${viewToken}`);
    t.defer(() => watch.context().close());
    await watch.waitForFunction(() => document.body.dataset.state === 'playing', null, {
        timeout: 25_000,
        polling: 100,
    });
    assertMovingPictures((await watch.evaluate(watchVideo)).pictures);
});

test('the publish page takes the token from its own address', async (t) => {
    const server = await gateway();
    const publish = await (
        await chromium()
    ).open(`${server.url}/publish/page?autostart=1&source=test&token=${publishToken}`);
    t.defer(() => publish.context().close());
    await pageState(publish, 'live');
    const refused = await (
        await chromium()
    ).open(`${server.url}/publish/page2?autostart=1&source=test`);
    t.defer(() => refused.context().close());
    await pageState(refused, 'error');
});

test('no token stands in the log', async () => {
    const server = await live();
    const log = [...server.process.lines, ...server.process.errors].join('\n');
    assert.ok(!log.includes(publishToken) && !log.includes(viewToken), 'a token is in the log');
    assert.ok(
        !/ice-pwd|a=candidate|a=fingerprint/.test(log),
        'a session description is in the log',
    );
});
