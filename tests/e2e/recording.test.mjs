/** Recordings are listed, downloaded and played. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium, watchVideo } from './support/browser.mjs';
import { Gateway } from './support/gateway.mjs';
import { scratch } from './support/players.mjs';
import {
    assertBroadcast,
    assertMovingPictures,
    describe,
    frameNumbers,
    missingNumbers,
} from './support/probe.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { until } from './support/wait.mjs';

const { test, shared } = suite(import.meta.url);

const gateway = shared(() => Gateway.start());
const chromium = shared(() => Chromium.start());

/** A finished recording of a few seconds of VP8, and what it was while it grew. */
const made = shared(async () => {
    const server = await gateway();
    const sender = await Publisher.start(server, 'demo', { options: ['--seconds', '9'] });
    try {
        await server.live('demo');
        const growing = await until('recording that grows', async () =>
            (await server.recordings()).find(
                ({ state, bytes }) => state === 'recording' && bytes > 300_000,
            ),
        );
        const early = await fetch(server.url + growing.url);
        const earlyBytes = Buffer.from(await early.arrayBuffer());
        await sender.event('ended', 20_000);
        const recording = await server.finished('demo');
        return { server, recording, growing, early, earlyBytes, close: async () => {} };
    } finally {
        await sender.close();
    }
});

test('what grows can be downloaded and played already', async (t) => {
    const { early, earlyBytes, growing } = await made();
    assert.equal(early.status, 200);
    const { folder, close } = scratch();
    t.defer(close);
    const file = join(folder, 'growing.mp4');
    writeFileSync(file, earlyBytes);
    await assertBroadcast(file);
    assert.equal(growing.stream, 'demo');
});

test('it is an ordinary MP4 with its index in front', async (t) => {
    const { server, recording } = await made();
    const { folder, close } = scratch();
    t.defer(close);
    const response = await fetch(server.url + recording.url);
    assert.equal(response.status, 200);
    assert.equal(response.headers.get('Content-Type'), 'video/mp4');
    assert.match(
        response.headers.get('Content-Disposition'),
        /attachment; ?filename="?[\w.-]+\.mp4"?/,
    );
    const bytes = Buffer.from(await response.arrayBuffer());
    assert.equal(bytes.length, recording.bytes);
    assert.ok(bytes.indexOf('moov') < bytes.indexOf('mdat'), 'the index is behind the media');
    assert.equal(bytes.indexOf('moof'), -1, 'it is fragmented');
    const file = join(folder, 'recording.mp4');
    writeFileSync(file, bytes);
    const { format } = await assertBroadcast(file);
    assert.ok(Math.abs(Number(format.duration) - recording.duration) < 0.1);
    assert.ok(recording.duration > 7.5 && recording.duration < 10, `${recording.duration} s of 9`);
    const missing = missingNumbers(await frameNumbers(file));
    assert.ok(
        missing.length <= 2,
        `${missing.length} pictures are missing: ${missing.slice(0, 20)}`,
    );
});

test('ranges, HEAD and ETag', async () => {
    const { server, recording } = await made();
    const url = server.url + recording.url;
    const whole = await fetch(url);
    const bytes = Buffer.from(await whole.arrayBuffer());
    const etag = whole.headers.get('ETag');
    assert.ok(etag, 'no ETag');
    assert.equal(whole.headers.get('Accept-Ranges'), 'bytes');

    const get = async (headers, method = 'GET') => {
        const response = await fetch(url, { method, headers });
        return {
            status: response.status,
            headers: response.headers,
            body: Buffer.from(await response.arrayBuffer()),
        };
    };
    const middle = await get({ Range: 'bytes=1000-1999' });
    assert.equal(middle.status, 206);
    assert.equal(middle.headers.get('Content-Range'), `bytes 1000-1999/${bytes.length}`);
    assert.deepEqual(middle.body, bytes.subarray(1000, 2000));
    const tail = await get({ Range: 'bytes=-500' });
    assert.equal(tail.status, 206);
    assert.deepEqual(tail.body, bytes.subarray(-500));
    const rest = await get({ Range: `bytes=${bytes.length - 10}-` });
    assert.deepEqual(rest.body, bytes.subarray(-10));
    const beyond = await get({ Range: `bytes=${bytes.length}-` });
    assert.equal(beyond.status, 416);
    assert.equal(beyond.headers.get('Content-Range'), `bytes */${bytes.length}`);
    const changed = await get({ Range: 'bytes=0-9', 'If-Range': '"another"' });
    assert.equal(changed.status, 200);
    assert.equal((await get({ 'If-None-Match': etag })).status, 304);
    const head = await get({}, 'HEAD');
    assert.equal(head.status, 200);
    assert.equal(Number(head.headers.get('Content-Length')), bytes.length);
    assert.equal(head.body.length, 0);
});

test('the MP4 plays in Chromium, also from its middle', async (t) => {
    const { server, recording } = await made();
    const page = await (await chromium()).open(`${server.url}/recordings`);
    t.defer(() => page.context().close());
    await page.setContent('<video muted autoplay></video>');
    const duration = await page.evaluate(
        (url) =>
            new Promise((resolve, reject) => {
                const video = document.querySelector('video');
                video.onseeked = () => video.play().then(() => resolve(video.duration), reject);
                video.onerror = () => reject(new Error(video.error.message));
                video.onloadedmetadata = () => {
                    video.currentTime = 4;
                };
                video.src = url;
            }),
        server.url + recording.url,
    );
    assert.ok(Math.abs(duration - recording.duration) < 0.1);
    const shown = await page.evaluate(watchVideo);
    assertMovingPictures(shown.pictures);
    assert.deepEqual([shown.width, shown.height], [1280, 720]);
});

test('the recordings page lists it, downloads it and deletes it', async (t) => {
    const { server, recording } = await made();
    const page = await (await chromium()).open(`${server.url}/recordings`);
    t.defer(() => page.context().close());
    const link = page.locator(`a[href*="${recording.id}.mp4"]`).first();
    const [download] = await Promise.all([page.waitForEvent('download'), link.click()]);
    assert.equal(download.suggestedFilename(), `${recording.id}.mp4`);
    assert.equal(await download.failure(), null);
    assert.deepEqual(page.complaints, []);
});

test('DELETE removes it; a recording that grows is kept', async (t) => {
    const { server, recording } = await made();
    const sender = await Publisher.start(server, 'other', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    const growing = await until('recording that grows', async () =>
        (await server.recordings()).find(
            ({ stream, state }) => stream === 'other' && state === 'recording',
        ),
    );
    const remove = async (id) =>
        (await fetch(`${server.url}/api/v1/recordings/${id}`, { method: 'DELETE' })).status;
    assert.equal(await remove(growing.id), 409);
    assert.equal(await remove(recording.id), 204);
    assert.equal((await fetch(server.url + recording.url)).status, 404);
    assert.equal(await remove(recording.id), 404);
    assert.ok(!(await server.recordings()).some(({ id }) => id === recording.id));
});

test('pictures that change their size go on in a second recording', async (t) => {
    const server = await gateway();
    const sender = await Publisher.start(server, 'resized', {
        file: 'resized.ts',
        options: ['--no-audio', '--seconds', '10'],
    });
    t.defer(() => sender.close());
    await sender.event('ended', 20_000);
    const recordings = await until('two finished recordings', async () => {
        const all = (await server.recordings()).filter(({ stream }) => stream === 'resized');
        return all.length === 2 && all.every(({ state }) => state === 'finished') && all;
    });
    const [later, earlier] = recordings;
    for (const [{ url }, size] of [
        [earlier, [1280, 720]],
        [later, [640, 480]],
    ]) {
        const { streams } = await describe(server.url + url);
        const video = streams.find(({ codec_type: kind }) => kind === 'video');
        assert.deepEqual([video.width, video.height], size);
    }
    // What came between the two is in one of them: connecting cost what is missing.
    const total = earlier.duration + later.duration;
    assert.ok(earlier.duration > 2.5 && total > 8 && total < 11, JSON.stringify(recordings));
});
