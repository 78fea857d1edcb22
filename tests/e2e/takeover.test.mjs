/** A session takes the place of another while the stream goes on: nobody who watches sees where. */

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Chromium, pageState } from './support/browser.mjs';
import { Events } from './support/events.mjs';
import { Firefox } from './support/firefox.mjs';
import { Gateway } from './support/gateway.mjs';
import { LocalRelay, ownAddress } from './support/local_relay.mjs';
import { descriptorsOf, pipelineOf } from './support/pipelines.mjs';
import { copyWithFfmpeg, scratch } from './support/players.mjs';
import { assertBroadcast, frameNumbers, missingNumbers, packetTimes } from './support/probe.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { reach, until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url);

const longestGap = 0.3; // s
const inARow = 20;
const interval = 1.6; // s between two take-overs
const shortLife = 30; // s, the least [relay] ttl
const resumedWithin = 10_000; // ms after a relay died
const lostPictures = 4; // that a take-over may cost, where no picture is repeated

const chromium = shared(() => Chromium.start());

/** Take-overs so far, by the gateway's own account. */
function takeOvers(gateway) {
    return gateway.process.errors.filter((line) => /another session .*took over/.test(line)).length;
}

function widest(times) {
    return Math.max(...times.slice(1).map((time, index) => time - times[index]));
}

/** Neither pictures nor sound of a file are missing anywhere. */
async function assertNoGap(file) {
    for (const kind of ['v', 'a']) {
        const times = await packetTimes(file, kind);
        assert.ok(times.length > 40, `only ${times.length} packets (${kind}) in ${file}`);
        const gap = widest(times);
        assert.ok(gap < longestGap, `a gap of ${gap.toFixed(3)} s (${kind}) in ${file}`);
    }
}

/** Copies a live stream by HLS and by RTP for `seconds`; the files. */
async function watch(t, gateway, stream, seconds) {
    const { folder, close } = scratch();
    t.defer(close);
    const copy = async (name, file) => {
        const target = join(folder, file);
        await copyWithFfmpeg(`${gateway.url}/live/${stream}/${name}`, target, seconds);
        return target;
    };
    return Promise.all([copy('index.m3u8', 'hls.ts'), copy('stream.sdp', 'rtp.mkv')]);
}

/** The stream was live all the time, in one take and one recording, which is returned once it is finished. */
async function assertOnePiece(gateway, stream, events, playlist) {
    assert.ok(!playlist.includes('#EXT-X-DISCONTINUITY\n'), 'a discontinuity in the playlist');
    await events.first('stream', (data) => data.stream === stream && data.state === 'ended');
    const states = events.all
        .filter(({ name, data }) => name === 'stream' && data.stream === stream)
        .map(({ data }) => data);
    const firstLive = states.findIndex(({ state }) => state === 'live');
    const firstEnd = states.findIndex(({ state }) => ['ending', 'ended'].includes(state));
    for (const { state, take } of states.slice(firstLive, firstEnd)) {
        assert.deepEqual([state, take], ['live', states[firstLive].take]);
    }
    const recording = await gateway.finished(stream);
    const all = (await gateway.recordings()).filter((entry) => entry.stream === stream);
    assert.equal(all.length, 1, `${all.length} recordings`);
    await assertNoGap(gateway.url + recording.url);
    return recording;
}

for (const file of ['vp8.webm', 'h264.mkv']) {
    test(
        `${inARow} take-overs in a row of ${file}: one take, one recording, no gap`,
        async (t) => {
            const server = await Gateway.start({ settings: { limits: { streams: 1 } } });
            t.defer(() => server.close());
            const events = await Events.listen(server);
            t.defer(() => events.close());
            const sender = await Publisher.start(server, 'demo', {
                file,
                options: ['--replace', String(interval)],
            });
            t.defer(() => sender.close());
            await server.listed('demo', 2);
            const { start } = await server.live('demo');
            const pid = await pipelineOf(server, 'demo');
            const began = performance.now();
            const watching = watch(t, server, 'demo', inARow * interval - 3);
            await until('third take-over', () => takeOvers(server) >= 3);
            const descriptors = descriptorsOf(pid);
            const files = await watching;
            await until('all take-overs', () => takeOvers(server) >= inARow, { within: 30_000 });
            assert.ok(performance.now() - began < inARow * interval * 1500, 'some failed');
            assert.ok(descriptorsOf(pid) <= descriptors + 20, 'descriptors are left');

            const seen = await server.stream('demo');
            assert.equal(seen.start, start);
            assert.ok(seen.stats.bitrate_in > 1_000_000, `${seen.stats.bitrate_in} bit/s`);
            const sessions = sender.events.filter(({ event }) => event === 'replaced');
            const old = sessions.at(-3).session;
            assert.equal((await fetch(old, { method: 'DELETE' })).status, 404);
            assert.equal((await server.stream('demo')).state, 'live');
            const { text } = await server.mediaPlaylist('demo');

            await sender.close();
            const recording = await assertOnePiece(server, 'demo', events, text);
            for (const copy of files) await assertNoGap(copy);
            await assertBroadcast(server.url + recording.url, { loose: true });
            const missing = missingNumbers(await frameNumbers(server.url + recording.url));
            assert.ok(missing.length <= lostPictures * takeOvers(server), `${missing} are missing`);
        },
        { within: 150_000 },
    );
}

test('a session that is not the current one is refused with 409', async (t) => {
    const server = await Gateway.start();
    t.defer(() => server.close());
    const sender = await Publisher.start(server, 'demo', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    await server.live('demo');
    for (const id of ['', 'unknown', 'a'.repeat(32)]) {
        const other = await Publisher.start(server, `demo?replaces=${id}`, { sending: false });
        t.defer(() => other.close());
        assert.equal((await other.event('answered')).status, 409);
    }
    const { session } = await sender.event('answered');
    const wrong = await Publisher.start(server, `demo?replaces=${session.split('/').at(-1)}`, {
        sending: false, // VP8 in the place of H.264
    });
    t.defer(() => wrong.close());
    assert.equal((await wrong.event('answered')).status, 422);
    assert.equal((await server.stream('demo')).state, 'live');
});

/** Opens the page through a relay, watches it renew its session, and says what came of it. */
async function renewed(t, server, { open, state, stop }) {
    const events = await Events.listen(server);
    t.defer(() => events.close());
    await open(`${server.publicUrl}/publish/demo?autostart=1&source=test`);
    await state('live');
    await server.listed('demo', 2);
    const watching = watch(t, server, 'demo', shortLife);
    await until('renewal', () => takeOvers(server) >= 1, { within: shortLife * 1000 });
    await state('live');
    const files = await watching;
    assert.ok(takeOvers(server) <= 3, 'it renews too often');
    const { text } = await server.mediaPlaylist('demo');
    await stop();
    await assertOnePiece(server, 'demo', events, text);
    for (const copy of files) await assertNoGap(copy);
}

test(
    'Chromium renews its session before the relay’s credentials expire',
    async (t) => {
        const relay = await LocalRelay.start();
        t.defer(() => relay.close());
        const server = await Gateway.start({
            settings: { relay: relay.settings({ ttl: shortLife }) },
        });
        t.defer(() => server.close());
        let page;
        await renewed(t, server, {
            open: async (url) => {
                page = await (await chromium()).open(url);
                t.defer(() => page.context().close());
            },
            state: (wanted) => pageState(page, wanted),
            stop: () => page.click('#stop'),
        });
        assert.deepEqual(page.complaints, []);
    },
    { within: 120_000 },
);

if (ownAddress()) {
    test(
        'Firefox renews its session before the relay’s credentials expire',
        async (t) => {
            const relay = await LocalRelay.start(ownAddress());
            t.defer(() => relay.close());
            const server = await Gateway.start({
                settings: { relay: relay.settings({ ttl: shortLife }) },
            });
            t.defer(() => server.close());
            const firefox = await Firefox.start();
            t.defer(() => firefox.close());
            await renewed(t, server, {
                open: (url) => firefox.open(`${url}&sound=microphone:`),
                state: (wanted) => firefox.pageState(wanted),
                stop: () => firefox.value('document.getElementById("stop").click()'),
            });
        },
        { within: 150_000 },
    );
}

test(
    'a relay that dies and comes back: the same stream and recording go on within 10 s',
    async (t) => {
        const relay = await LocalRelay.start();
        t.defer(() => relay.close());
        const server = await Gateway.start({ settings: { relay: relay.settings() } });
        t.defer(() => server.close());
        const page = await (
            await chromium()
        ).open(`${server.url}/publish/demo?autostart=1&source=test`);
        t.defer(() => page.context().close());
        await pageState(page, 'live');
        await server.listed('demo', 1);
        const { start } = await server.live('demo');
        const killed = performance.now();
        await relay.kill();
        await reach(killed + 1_000);
        await relay.again();
        await until('media', () => takeOvers(server) === 1, {
            within: resumedWithin - (performance.now() - killed),
        });
        await pageState(page, 'live', 2_000);
        assert.equal((await server.stream('demo')).start, start);
        await page.click('#stop');
        await server.finished('demo');
        assert.equal((await server.recordings()).length, 1);
        assert.deepEqual(page.complaints, []);
    },
    { within: 90_000 },
);

test('a stream that was ended on the server stays ended', async (t) => {
    const server = await Gateway.start();
    t.defer(() => server.close());
    const page = await (
        await chromium()
    ).open(`${server.url}/publish/demo?autostart=1&source=test`);
    t.defer(() => page.context().close());
    await pageState(page, 'live');
    await server.live('demo');
    const events = await Events.listen(server);
    t.defer(() => events.close());
    const removed = await fetch(`${server.url}/api/v1/streams/demo`, { method: 'DELETE' });
    assert.equal(removed.status, 204);
    await pageState(page, 'stopped', 3_000);
    assert.match(await page.innerText('#state'), /ended on the server/i);
    const { data } = await events.first('stream', ({ state }) => state === 'ended');
    assert.equal(data.cause, 'removed');
    await reach(performance.now() + 3_000);
    assert.equal(await server.stream('demo'), undefined, 'the page published again');
    // Pressed again, it publishes.
    await page.click('#publish');
    await pageState(page, 'live');
    await server.live('demo');
});
