/** What is published plays in every player: one VP8 publisher, looked at by all of them. */

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Chromium, watchVideo } from './support/browser.mjs';
import { Gateway } from './support/gateway.mjs';
import { Pages } from './support/pages.mjs';
import {
    copyWithFfmpeg,
    playWithMpv,
    playWithPlaybin,
    playWithVlc,
    probeLive,
    scratch,
} from './support/players.mjs';
import {
    assertBroadcast,
    assertMovingPictures,
    frameNumbers,
    missingNumbers,
} from './support/probe.mjs';
import { run } from './support/process.mjs';
import { Publisher } from './support/publisher.mjs';
import { suite } from './support/suite.mjs';
import { WebKit } from './support/webkit.mjs';

const { test, shared } = suite(import.meta.url);

const gateway = shared(() => Gateway.start());
const publisher = shared(async () => Publisher.start(await gateway(), 'demo'));
const chromium = shared(() => Chromium.start());
const pages = shared(() => Pages.serve());

/** The gateway with the stream listed. */
async function live() {
    const server = await gateway();
    await publisher();
    await server.listed('demo', 3);
    return server;
}

const videoSeconds = 3; // that a browser must have played

/** What a browser's <video> showed over two seconds. */
function assertPlayed(shown, size = [1280, 720]) {
    assertMovingPictures(shown.pictures);
    assert.deepEqual([shown.width, shown.height], size);
    const speed = shown.advanced / shown.elapsed;
    assert.ok(speed > 0.8 && speed < 1.2, `plays at ${speed.toFixed(2)} times its speed`);
}

test('HLS is as RFC 8216 and Apple want it', async (t) => {
    const server = await live();
    const { folder, close } = scratch();
    t.defer(close);
    const { url, text, master } = await server.mediaPlaylist('demo');
    const { video } = await server.stream('demo');
    assert.match(master, /#EXT-X-INDEPENDENT-SEGMENTS/);
    for (const attribute of [
        `CODECS="${video.codecs},mp4a.40.2"`,
        'RESOLUTION=1280x720',
        'FRAME-RATE=30.000',
    ])
        assert.ok(master.includes(attribute), attribute);
    const [, peak, average] = /[:,]BANDWIDTH=(\d+),AVERAGE-BANDWIDTH=(\d+)/
        .exec(master)
        .map(Number);
    assert.ok(peak >= average && average > 1_500_000 && peak < 6_000_000, `${average} of ${peak}`);
    assert.doesNotMatch(text, /#EXT-X-ENDLIST/);
    const target = Number(/#EXT-X-TARGETDURATION:(\d+)/.exec(text)[1]);
    assert.equal(target, 2);
    const entries = [
        ...text.matchAll(/#EXT-X-PROGRAM-DATE-TIME:(\S+)\r?\n#EXTINF:([\d.]+),\r?\n(\S+)/g),
    ];
    assert.equal(
        entries.length,
        text.split('#EXTINF').length - 1,
        'a segment without PROGRAM-DATE-TIME',
    );
    for (const [index, [, time, length]] of entries.entries()) {
        assert.ok(Math.round(length) <= target);
        const next = entries[index + 1];
        if (next)
            assert.ok(
                Math.abs(Date.parse(next[1]) - Date.parse(time) - length * 1000) < 34,
                'PROGRAM-DATE-TIME steps',
            );
    }
    const age = (Date.now() - Date.parse(entries.at(-1)[1])) / 1000;
    assert.ok(age > 0 && age < 6, `the last segment is ${age} s old`);

    const playlist = await fetch(url);
    assert.match(playlist.headers.get('Content-Type'), /^application\/vnd\.apple\.mpegurl/);
    assert.ok(playlist.headers.get('Cache-Control'));
    assert.equal(playlist.headers.get('Content-Encoding'), 'gzip');
    const [, , , name] = entries.at(-1);
    const segment = await fetch(new URL(name, url));
    assert.match(segment.headers.get('Content-Type'), /^video\/mp2t/i);
    assert.match(segment.headers.get('Cache-Control'), /immutable|max-age=\d{3,}/);
    const file = join(folder, 'segment.ts');
    writeFileSync(file, Buffer.from(await segment.arrayBuffer()));
    const { packets } = JSON.parse(
        await run('ffprobe', [
            '-v',
            'error',
            '-select_streams',
            'v',
            '-show_packets',
            '-of',
            'json',
            file,
        ]),
    );
    assert.match(packets[0].flags, /K/, 'a segment does not begin with a key frame');
    assert.equal(packets.length, Math.round(entries.at(-1)[2] * 30));
});

test('HLS is read by ffprobe and ffmpeg', async (t) => {
    const server = await live();
    const { folder, close } = scratch();
    t.defer(close);
    const url = `${server.url}/live/demo/index.m3u8`;
    const { streams } = await probeLive(url);
    assert.deepEqual(streams.map((stream) => stream.codec_name).sort(), ['aac', 'h264']);
    const file = join(folder, 'hls.ts');
    await copyWithFfmpeg(url, file, 5);
    await assertBroadcast(file);
    const missing = missingNumbers(await frameNumbers(file));
    assert.ok(missing.length <= 2, `${missing.length} pictures of the source are missing in HLS`);
});

test('stream.sdp: ffmpeg copies it at once, with sound', async (t) => {
    const server = await live();
    const { folder, close } = scratch();
    t.defer(close);
    const file = join(folder, 'rtp.ts');
    const url = `${server.url}/live/demo/stream.sdp`;
    const said = await copyWithFfmpeg(url, file, 6);
    assert.doesNotMatch(said, /unspecified size|could not find codec/i);
    await assertBroadcast(file);
});

test('stream.sdp is read by ffprobe', async () => {
    const server = await live();
    const { streams } = await probeLive(`${server.url}/live/demo/stream.sdp`);
    const video = streams.find((stream) => stream.codec_type === 'video');
    assert.deepEqual([video.codec_name, video.width, video.height], ['h264', 1280, 720]);
    assert.equal(streams.find((stream) => stream.codec_type === 'audio')?.codec_name, 'aac');
});

test('stream.sdp plays in mpv', async () => {
    const server = await live();
    await playWithMpv(`${server.url}/live/demo/stream.sdp`);
});

async function savedSdp(server, name, folder) {
    const file = join(folder, name);
    writeFileSync(file, await server.text(`/live/demo/${name}`));
    return file;
}

test('stream.sdp plays in playbin', async (t) => {
    const server = await live();
    const { folder, close } = scratch();
    t.defer(close);
    await playWithPlaybin(`sdp://${await savedSdp(server, 'stream.sdp', folder)}`);
});

test('ts.sdp: ffmpeg copies it', async (t) => {
    const server = await live();
    const { folder, close } = scratch();
    t.defer(close);
    const file = join(folder, 'ts.ts');
    await copyWithFfmpeg(`${server.url}/live/demo/ts.sdp`, file, 6);
    await assertBroadcast(file);
});

test('ts.sdp plays in mpv', async () => {
    const server = await live();
    await playWithMpv(`${server.url}/live/demo/ts.sdp`);
});

test('ts.sdp plays in playbin', async (t) => {
    const server = await live();
    const { folder, close } = scratch();
    t.defer(close);
    await playWithPlaybin(`sdp://${await savedSdp(server, 'ts.sdp', folder)}`);
});

test('ts.sdp plays in VLC with --repeat', async () => {
    const server = await live();
    await playWithVlc(`${server.url}/live/demo/ts.sdp`, ['--repeat']);
});

test('vlc.m3u plays in VLC by its address alone', async () => {
    const server = await live();
    await playWithVlc(`${server.url}/live/demo/vlc.m3u`);
});

test('stream.sdp plays in VLC with --demux=avformat', async () => {
    const server = await live();
    await playWithVlc(`${server.url}/live/demo/stream.sdp`, ['--demux=avformat']);
});

test('HLS plays in VLC', async () => {
    const server = await live();
    await playWithVlc(`${server.url}/live/demo/index.m3u8`);
});

test('HLS plays in Chromium by itself', async (t) => {
    const server = await live();
    const page = await (await chromium()).open(`${server.url}/`);
    t.defer(() => page.context().close());
    await page.setContent('<video muted autoplay></video>');
    await page.evaluate((url) => {
        document.querySelector('video').src = url;
    }, `${server.url}/live/demo/index.m3u8`);
    await page.waitForFunction(
        (least) => document.querySelector('video').currentTime > least,
        videoSeconds,
        { timeout: 25_000, polling: 100 },
    );
    assertPlayed(await page.evaluate(watchVideo));
});

test('HLS plays in hls.js from another origin', async (t) => {
    const server = await live();
    const player = (await pages()).url(
        `hls.html?src=${encodeURIComponent(`${server.url}/live/demo/index.m3u8`)}`,
    );
    const page = await (await chromium()).open(player);
    t.defer(() => page.context().close());
    await page.waitForFunction(
        (least) => document.querySelector('video').currentTime > least,
        videoSeconds,
        { timeout: 25_000, polling: 100 },
    );
    const shown = await page.evaluate(watchVideo);
    assertPlayed(shown);
    assert.ok(shown.sound > 10_000, `decoded ${shown.sound} bytes of sound`);
    assert.deepEqual(page.complaints, []);
});

test('the watch page plays', async (t) => {
    const server = await live();
    const page = await (await chromium()).open(`${server.url}/watch/demo`);
    t.defer(() => page.context().close());
    await page.waitForFunction(() => document.body.dataset.state === 'playing', null, {
        timeout: 25_000,
        polling: 100,
    });
    assertPlayed(await page.evaluate(watchVideo));
});

test(
    'HLS plays in WebKit',
    async (t) => {
        const server = await live();
        const webkit = await WebKit.start();
        t.defer(() => webkit.close());
        await webkit.open(`${server.url}/healthz`);
        const shown = await webkit.call(
            (url, least) =>
                new Promise((resolve, reject) => {
                    document.body.innerHTML = '<video muted autoplay playsinline></video>';
                    const video = document.querySelector('video');
                    video.onerror = () =>
                        reject(new Error(`media error ${video.error.code} ${video.error.message}`));
                    video.ontimeupdate = () => {
                        if (video.currentTime > least)
                            resolve({ width: video.videoWidth, height: video.videoHeight });
                    };
                    video.src = url;
                    video.play();
                }),
            `${server.url}/live/demo/index.m3u8`,
            videoSeconds,
        );
        assert.deepEqual(shown, { width: 1280, height: 720 });
        assertPlayed(await webkit.call(watchVideo));
    },
    { within: 45_000 },
);

test('H.264 passes through to RTP, HLS and MP4 undecoded', async (t) => {
    const server = await gateway();
    const { folder, close } = scratch();
    t.defer(close);
    const sender = await Publisher.start(server, 'direct', { file: 'h264.mkv' });
    t.defer(() => sender.close());
    const { video } = await server.live('direct');
    assert.equal(video.passthrough, true);
    assert.match(video.codecs, /^avc1\.42[0-9a-f]{4}$/i);
    await server.listed('direct', 2);
    const rtp = join(folder, 'rtp.ts');
    await copyWithFfmpeg(`${server.url}/live/direct/stream.sdp`, rtp, 5);
    await assertBroadcast(rtp);
    assert.deepEqual(missingNumbers(await frameNumbers(rtp)), []);
    const hls = join(folder, 'hls.ts');
    await copyWithFfmpeg(`${server.url}/live/direct/index.m3u8`, hls, 4);
    await assertBroadcast(hls);
    assert.deepEqual(missingNumbers(await frameNumbers(hls)), []);
    await sender.close();
    const recording = await server.finished('direct');
    await assertBroadcast(server.url + recording.url);
    assert.deepEqual(missingNumbers(await frameNumbers(server.url + recording.url)), []);
});
