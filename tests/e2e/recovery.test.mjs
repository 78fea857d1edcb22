/** Recordings survive whatever ends: pipelines, the gateway, the disk. */

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Gateway, temporaryFolder } from './support/gateway.mjs';
import {
    assertBroadcast,
    assertSteady,
    frameNumbers,
    mediaFrames,
    packetTimes,
} from './support/probe.mjs';
import { pipelineOf } from './support/pipelines.mjs';
import { isAlive, run } from './support/process.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { reach, until } from './support/wait.mjs';
import { RtpCapture } from './support/rtp_capture.mjs';

const { test } = suite(import.meta.url);

const mediaLost = 1; // s of encoded media that kill -9 may cost
const frameRate = 30;

/** Seconds of pictures in the capture after the recording's last one. */
async function lostSeconds(capture, url) {
    const seen = await capture.numbers();
    const kept = await frameNumbers(url);
    const behind = (seen.at(-1) - kept.at(-1) + mediaFrames) % mediaFrames;
    // The recorder may also have more than the capture.
    return (behind > mediaFrames / 2 ? 0 : behind) / frameRate;
}

/** Five streams at once, each pipeline killed at its own moment. */
async function killFive(t, moments) {
    const server = await Gateway.start({ settings: { limits: { streams: 8 } } });
    t.defer(() => server.close());
    const names = moments.map((_, n) => `take${n}`);
    const captures = [];
    for (const name of names) {
        const sender = await Publisher.start(server, name, { file: 'h264.mkv' });
        t.defer(() => sender.close());
        await server.live(name);
    }
    for (const name of names) {
        const capture = await RtpCapture.watch(server, name);
        t.defer(() => capture.close());
        captures.push(capture);
    }
    const pids = await Promise.all(names.map((name) => pipelineOf(server, name)));
    const from = performance.now();
    await Promise.all(
        moments.map(async (moment, n) => {
            await reach(from + moment);
            process.kill(pids[n], 'SIGKILL');
        }),
    );
    await Promise.all(captures.map((capture) => capture.stop()));
    for (const [n, name] of names.entries()) {
        const recording = await server.finished(name, 30_000);
        const url = server.url + recording.url;
        const times = await packetTimes(url, 'v');
        assertSteady(times, name);
        assert.ok((await packetTimes(url, 'a')).length > 20, `${name} has no sound`);
        const lost = await lostSeconds(captures[n], url);
        assert.ok(
            lost <= mediaLost,
            `${name}, killed after ${moments[n]} ms, lost ${lost.toFixed(2)} s`,
        );
    }
}

// Odd moments: at each phase of a fragment, a group of pictures and a segment.
test(
    'kill -9 at moments 1 to 5 of a recording loses at most 1 s',
    (t) => killFive(t, [1003, 1311, 1627, 1939, 2250]),
    { within: 120_000 },
);
test(
    'kill -9 at moments 6 to 10 of a recording loses at most 1 s',
    (t) => killFive(t, [1157, 1483, 1790, 2101, 2409]),
    { within: 120_000 },
);

test(
    'the gateway killed with -9 while live recovers its recordings',
    async (t) => {
        const first = await Gateway.start();
        t.defer(() => first.close());
        const sender = await Publisher.start(first, 'demo', {
            file: 'h264.mkv',
            options: ['--no-delete'],
        });
        t.defer(() => sender.close());
        await first.listed('demo', 3);
        const children = first.pipelines();
        const live = (await first.recordings()).find(({ stream }) => stream === 'demo');
        assert.equal(live.state, 'recording');
        first.process.signal('SIGKILL');
        await first.process.exit();
        // Started at once, as a supervisor would.
        const second = await Gateway.start({ folder: first.folder, port: first.port });
        t.defer(() => second.close());
        await until('end of the former pipelines', () => !children.some(isAlive), {
            within: 7_000,
        });
        const recording = await second.finished('demo', 30_000);
        assert.equal(recording.id, live.id);
        await assertBroadcast(second.url + recording.url);
        assert.ok(recording.duration > 2.5, `only ${recording.duration} s`);
        const again = await Publisher.start(second, 'demo', { file: 'h264.mkv' });
        t.defer(() => again.close());
        await second.live('demo');
    },
    { within: 90_000 },
);

test(
    'SIGTERM with three live streams: exit 0 within 10 s, every recording playable',
    async (t) => {
        const server = await Gateway.start({ settings: { limits: { streams: 4 } } });
        t.defer(() => server.close());
        for (const name of ['one', 'two', 'three']) {
            const sender = await Publisher.start(server, name, { file: 'h264.mkv' });
            t.defer(() => sender.close());
        }
        for (const name of ['one', 'two', 'three']) await server.listed(name, 2);
        const children = server.pipelines();
        server.process.signal('SIGTERM');
        assert.equal(await server.process.exit(10_000), 0, server.process.said());
        assert.deepEqual(children.filter(isAlive), [], 'processes are left');
        const files = ['one', 'two', 'three'].flatMap((name) => {
            const folder = join(server.data, 'recordings', name);
            return readdirSync(folder).map((file) => join(folder, file));
        });
        assert.equal(files.length, 3, files.join(' '));
        for (const file of files)
            await assertBroadcast(file, { options: file.endsWith('.part') ? ['-f', 'mp4'] : [] });
        const later = await Gateway.start({ folder: server.folder, port: server.port });
        t.defer(() => later.close());
        for (const name of ['one', 'two', 'three']) await later.finished(name, 30_000);
    },
    { within: 90_000 },
);

const root = process.getuid() === 0;

/** A small disk of its own, mounted where the data goes. */
async function smallDisk(t, megabytes) {
    const folder = temporaryFolder();
    const data = join(folder, 'data');
    mkdirSync(data);
    await run('mount', ['-t', 'tmpfs', '-o', `size=${megabytes}m,mode=755`, 'spillway-test', data]);
    t.defer(() => run('umount', ['-l', data]));
    return { folder, data };
}

if (root) {
    test(
        'a full disk stops the recording, not the stream',
        async (t) => {
            const { folder, data } = await smallDisk(t, 6);
            const server = await Gateway.start({
                folder,
                data,
                settings: { recording: { 'minimum-free-mb': 0 } },
            });
            t.defer(() => server.close());
            const sender = await Publisher.start(server, 'demo', { file: 'h264.mkv' });
            t.defer(() => sender.close());
            const stopped = await until(
                'recording that says why it stopped',
                async () =>
                    (await server.recordings()).find(
                        ({ state, warning }) => state !== 'recording' && warning,
                    ),
                { within: 45_000 },
            );
            assert.match(stopped.warning, /space|full|disk/i);
            assert.equal((await server.stream('demo')).state, 'live');
            const sequence = async () =>
                Number(/MEDIA-SEQUENCE:(\d+)/.exec((await server.mediaPlaylist('demo')).text)[1]);
            const before = await sequence();
            await until('further segments', async () => (await sequence()) > before);
            await assertBroadcast(server.url + stopped.url);
            const output = (await server.stream('demo')).outputs.find(({ id }) => id === 'mp4');
            assert.equal(output.state, 'failed');
            assert.match(output.error, /space|full|disk/i);
        },
        { within: 90_000 },
    );

    test('too little free space: nothing is recorded, and the API says so', async (t) => {
        const { folder, data } = await smallDisk(t, 50);
        const server = await Gateway.start({ folder, data });
        t.defer(() => server.close());
        const sender = await Publisher.start(server, 'demo', { file: 'h264.mkv' });
        t.defer(() => sender.close());
        await server.listed('demo', 1);
        const output = (await server.stream('demo')).outputs.find(({ id }) => id === 'mp4');
        assert.equal(output.state, 'failed');
        assert.match(output.error, /space|free|disk/i);
    });
}
