/** From the glass on: a page draws the time as a bar code, the outputs are read. */

import { spawn } from 'node:child_process';
import { Chromium, pageState } from '../../e2e/support/browser.mjs';
import { Gateway } from '../../e2e/support/gateway.mjs';
import { Pages } from '../../e2e/support/pages.mjs';
import { median, quantile } from '../../e2e/support/probe.mjs';
import { bounded, reach } from '../../e2e/support/wait.mjs';
import { row } from '../table.mjs';

const squares = 16; // of 40 pixels; the second row is the first one inverted, so that a bad reading shows
const side = 40;
const settling = 10_000; // ms until the sender's rate has grown
const segment = 2_000; // ms, the default of [hls] segment-seconds
const comers = 8; // players, one after the other
const watched = 4; // s

/** The 16 low bits of the time drawn in a grey picture of 640x80; null when it can't be read. */
export function timeIn(picture) {
    let value = 0;
    for (let bit = 0; bit < squares; ++bit) {
        const at = (line) => picture[line * squares * side + bit * side + side / 2];
        const [code, check] = [at(side / 2), at(side + side / 2)];
        if (Math.abs(code - check) < 64) return null;
        if (code > check) value += 2 ** bit;
    }
    return value;
}

const age = (code, now) => (now - code + 65_536) % 65_536;

/** Ages in ms of the pictures that leave by RTP, read for `seconds`. */
export async function agesByRtp(gateway, stream, seconds) {
    const sdp = await gateway.text(`/live/${stream}/stream.sdp`);
    const [, port] = /^m=video (\d+)/m.exec(sdp);
    const child = spawn(
        'gst-launch-1.0',
        [
            '-q',
            'udpsrc',
            `port=${port}`,
            'address=127.0.0.1',
            'buffer-size=1000000',
            'caps=application/x-rtp,media=video,clock-rate=90000,encoding-name=H264,payload=96',
            '!',
            'rtph264depay',
            '!',
            'h264parse',
            '!',
            'avdec_h264',
            'max-threads=1',
            '!',
            'videocrop',
            'right=640',
            'bottom=640',
            '!',
            'videoconvert',
            '!',
            'video/x-raw,format=GRAY8',
            '!',
            'fdsink',
            'fd=1',
            'sync=false',
        ],
        { stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const size = squares * side * side * 2;
    const ages = [];
    let pending = Buffer.alloc(0);
    child.stdout.on('data', (part) => {
        const now = Date.now();
        pending = Buffer.concat([pending, part]);
        for (; pending.length >= size; pending = pending.subarray(size)) {
            const code = timeIn(pending);
            if (code !== null) ages.push(age(code, now));
        }
    });
    await reach(performance.now() + seconds * 1000);
    child.kill('SIGTERM');
    await bounded(
        'end of gst-launch',
        new Promise((resolve) => {
            child.once('close', resolve);
        }),
        5_000,
    );
    return ages;
}

/** Runs in hls.html: ages of the pictures shown over `seconds`, in ms. */
function agesInPage(seconds, readTime) {
    const read = new Function(`const squares = 16, side = 40; ${readTime}; return timeIn;`)();
    const video = document.querySelector('video');
    const canvas = Object.assign(document.createElement('canvas'), { width: 640, height: 80 });
    const pen = canvas.getContext('2d', { willReadFrequently: true });
    const ages = [];
    const end = performance.now() + seconds * 1000;
    return new Promise((resolve) => {
        const look = () => {
            const now = Date.now();
            pen.drawImage(video, 0, 0, 640, 80, 0, 0, 640, 80);
            const { data } = pen.getImageData(0, 0, 640, 80);
            const grey = new Uint8Array(640 * 80);
            for (let i = 0; i < grey.length; ++i) grey[i] = data[i * 4];
            const code = read(grey);
            if (code !== null) ages.push((now - code + 65_536) % 65_536);
            if (performance.now() < end) video.requestVideoFrameCallback(look);
            else resolve(ages);
        };
        video.requestVideoFrameCallback(look);
    });
}

/** Starts when Date.now() is at that part of a segment: what a player gets depends on it by a whole segment. */
async function agesByHls(chromium, pages, gateway, options, part) {
    const wait = (part * segment - (Date.now() % segment) + segment) % segment;
    await reach(performance.now() + wait);
    const page = await chromium.open(
        pages.url(
            `hls.html?src=${encodeURIComponent(`${gateway.url}/live/glass/index.m3u8`)}${options}`,
        ),
    );
    try {
        await page.waitForFunction(
            () =>
                document.querySelector('video').currentTime > 0 &&
                document.querySelector('video').played.length > 0,
            null,
            { timeout: 30_000, polling: 100 },
        );
        return await page.evaluate(
            `(${agesInPage})(${watched}, ${JSON.stringify(String(timeIn))})`,
        );
    } finally {
        await page.context().close();
    }
}

/** Median age in ms over players that came at different parts of a segment. */
async function ageByHls(chromium, pages, gateway, options) {
    const medians = [];
    for (let n = 0; n < comers; ++n) {
        medians.push(median(await agesByHls(chromium, pages, gateway, options, n / comers)));
    }
    return { middle: median(medians), least: Math.min(...medians), most: Math.max(...medians) };
}

export async function glass(watching) {
    const gateway = await Gateway.start();
    const pages = await Pages.serve();
    const chromium = await Chromium.start();
    try {
        const publisher = await chromium.open(
            pages.url(`clock.html?whip=${encodeURIComponent(`${gateway.url}/whip/glass`)}`),
        );
        await pageState(publisher, 'live');
        await gateway.live('glass');
        await reach(performance.now() + settling);
        const rtp = await agesByRtp(gateway, 'glass', watching);
        row({
            figure: 'glass to RTP output, decoded',
            value: `median ${median(rtp)} ms, p95 ${quantile(rtp, 0.95)} ms`,
            aim: 'p95 ≤ 120 ms',
            met: quantile(rtp, 0.95) <= 120,
        });
        const seconds = ({ middle, least, most }) =>
            `median ${(middle / 1000).toFixed(2)} s (${(least / 1000).toFixed(2)} to ${(most / 1000).toFixed(2)})`;
        const near = await ageByHls(chromium, pages, gateway, '&count=1');
        row({
            figure: 'glass to hls.js, liveSyncDurationCount 1',
            value: seconds(near),
            yardstick: 'best peer 3.4 s',
            aim: '≤ 3.4 s',
            met: near.middle <= 3_400,
        });
        row({
            figure: 'glass to hls.js, stock settings',
            value: seconds(await ageByHls(chromium, pages, gateway, '')),
        });
    } finally {
        await chromium.close();
        await pages.close();
        await gateway.close();
    }
}
