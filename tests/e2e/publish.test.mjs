/** Browsers publish with the real page. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Chromium, pageState } from './support/browser.mjs';
import { Events } from './support/events.mjs';
import { Firefox } from './support/firefox.mjs';
import { Gateway } from './support/gateway.mjs';
import { copyWithFfmpeg, scratch } from './support/players.mjs';
import { assertBroadcast } from './support/probe.mjs';
import { suite } from './support/suite.mjs';

const { test, shared } = suite(import.meta.url);

const gateway = shared(() => Gateway.start());
const chromium = shared(() => Chromium.start());

/** What the browser publishes is a broadcast, by HLS and by RTP. */
async function assertOnAir(server, stream, { source, size, loose = false }) {
    const { folder, close } = scratch();
    try {
        const info = await server.live(stream, 20_000);
        assert.equal(info.video.source, source);
        assert.deepEqual([info.video.width, info.video.height], size);
        await server.listed(stream, 1);
        const file = join(folder, 'rtp.ts');
        await copyWithFfmpeg(`${server.url}/live/${stream}/stream.sdp`, file, 6);
        await assertBroadcast(file, { size, loose });
    } finally {
        await close();
    }
}

test('Chromium publishes the test picture, and stops', async (t) => {
    const server = await gateway();
    const events = await Events.listen(server);
    t.defer(() => events.close());
    const page = await (
        await chromium()
    ).open(`${server.url}/publish/demo?autostart=1&source=test`);
    t.defer(() => page.context().close());
    await pageState(page, 'live');
    await assertOnAir(server, 'demo', { source: 'VP8', size: [1280, 720] });
    const links = await page.$$eval('#links input', (inputs) => inputs.map((input) => input.value));
    for (const ending of ['index.m3u8', 'stream.sdp', 'ts.sdp', 'vlc.m3u']) {
        assert.ok(
            links.some((link) => link.includes(ending)),
            `no link to ${ending}: ${links}`,
        );
    }
    await page.click('#stop');
    await pageState(page, 'stopped');
    await events.first('stream', ({ stream, state }) => stream === 'demo' && state === 'ended');
    assert.match((await server.mediaPlaylist('demo')).text, /#EXT-X-ENDLIST/);
    const recording = await server.finished('demo');
    await assertBroadcast(server.url + recording.url);
    assert.deepEqual(page.complaints, []);
});

test('Chromium publishes camera and microphone', async (t) => {
    const server = await gateway();
    const page = await (
        await chromium()
    ).open(`${server.url}/publish/camera?autostart=1&source=camera`);
    t.defer(() => page.context().close());
    await pageState(page, 'live');
    await assertOnAir(server, 'camera', { source: 'VP8', size: [1280, 720] });
});

test('Chromium publishes H.264, which passes through', async (t) => {
    const server = await gateway();
    const page = await (
        await chromium()
    ).open(`${server.url}/publish/h264?autostart=1&source=test&codec=h264`);
    t.defer(() => page.context().close());
    await pageState(page, 'live');
    await assertOnAir(server, 'h264', { source: 'H264', size: [1280, 720], loose: true });
    assert.equal((await server.stream('h264')).video.passthrough, true);
});

test(
    'Firefox publishes the test picture',
    async (t) => {
        const server = await gateway();
        const firefox = await Firefox.start();
        t.defer(() => firefox.close());
        // Its fake microphone: without a sound device an AudioContext of Firefox stands still.
        await firefox.open(`${server.url}/publish/fox?autostart=1&source=test&sound=microphone:`);
        await firefox.pageState('live');
        await assertOnAir(server, 'fox', { source: 'VP8', size: [1280, 720] });
    },
    { within: 90_000 },
);

test('the page says what the server refuses', async (t) => {
    const server = await gateway();
    const first = await (
        await chromium()
    ).open(`${server.url}/publish/taken?autostart=1&source=test`);
    t.defer(() => first.context().close());
    await pageState(first, 'live');
    const second = await (
        await chromium()
    ).open(`${server.url}/publish/taken?autostart=1&source=test`);
    t.defer(() => second.context().close());
    await pageState(second, 'error');
    assert.match(await second.innerText('#state'), /taken|busy|already|live/i);
});

test('pages that ask for a stream that is not live leave the console empty', async (t) => {
    const server = await gateway();
    const browser = await chromium();
    for (const path of ['/', '/publish/absent', '/watch/absent', '/recordings']) {
        const page = await browser.open('about:blank');
        t.defer(() => page.context().close());
        // The watch page asks again and again: two answers show that it goes on after the first.
        const answers = path.startsWith('/watch') ? 2 : 1;
        let answered = 0;
        const enough = page.waitForResponse(
            (response) => response.url().includes('/api/v1/') && ++answered === answers,
        );
        await page.goto(server.url + path);
        await enough;
        assert.deepEqual([...page.complaints, ...page.failedRequests], [], path);
    }
});
