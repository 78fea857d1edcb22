/** Looks at media: decodes it with ffmpeg and judges pictures, sound and times. Tolerances are named here. */

import assert from 'node:assert/strict';
import { bytesOf, run } from './process.mjs';

const width = 64; // pictures are judged at this size, in grey
const height = 36;
const leastContrast = 8; // standard deviation of grey values; a black or plain picture has ~0
const leastMotion = 0.15; // mean difference of grey values between neighbouring pictures
const leastStep = 0.02; // the same of a picture that is not a repetition of the one before
const leastSound = 200; // root mean square of 16-bit samples; silence has 0, the test tone ~8000
const frameRate = 30;
export const mediaFrames = frameRate * Number(process.env.MEDIA_SECONDS ?? 60); // in a file of make_media.sh
const rateTolerance = 1.5; // frames per second
const longestGap = 0.1; // s between two neighbouring pictures
const whitelist = ['-protocol_whitelist', 'file,udp,rtp,http,tcp,pipe,fd,crypto,data'];

function mean(values) {
    return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function contrast(picture) {
    const middle = mean(picture);
    return Math.sqrt(mean(picture.map((value) => (value - middle) ** 2)));
}

/** `images`: arrays of grey values, as many for each. */
export function assertMovingPictures(images) {
    assert.ok(images.length >= 3, `only ${images.length} pictures`);
    const contrasts = images.map((picture) => contrast([...picture]));
    assert.ok(
        Math.min(...contrasts) > leastContrast,
        `a plain picture: contrast ${Math.min(...contrasts)}`,
    );
    const motion = images
        .slice(1)
        .map((picture, index) =>
            mean([...picture].map((value, at) => Math.abs(value - images[index][at]))),
        );
    assert.ok(mean(motion) > leastMotion, `pictures stand still: ${mean(motion)}`);
}

/** `samples`: 16-bit little endian, any number of channels. */
export function assertSound(samples) {
    const count = Math.floor(samples.length / 2);
    assert.ok(count > 20_000, `only ${count} samples of sound`);
    let sum = 0;
    for (let i = 0; i < count; ++i) sum += samples.readInt16LE(i * 2) ** 2;
    const level = Math.sqrt(sum / count);
    assert.ok(level > leastSound, `no sound: level ${level}`);
}

/** Cuts raw grey pictures of 64x36 out of one buffer. */
export function pictures(raw) {
    const size = width * height;
    return Array.from({ length: Math.floor(raw.length / size) }, (_, n) =>
        raw.subarray(n * size, (n + 1) * size),
    );
}

/** {streams, format} of ffprobe. */
export async function describe(input, options = []) {
    return JSON.parse(
        await run('ffprobe', [
            '-v',
            'error',
            ...whitelist,
            ...options,
            '-show_streams',
            '-show_format',
            '-of',
            'json',
            input,
        ]),
    );
}

/** Times of the packets of one kind ('v' or 'a'), in seconds, as stored. */
export async function packetTimes(input, kind, options = []) {
    const text = await run(
        'ffprobe',
        [
            '-v',
            'error',
            ...whitelist,
            ...options,
            '-select_streams',
            `${kind}:0`,
            '-show_entries',
            'packet=pts_time',
            '-of',
            'csv=p=0',
            input,
        ],
        { within: 40_000 },
    );
    return text
        .split('\n')
        .map((line) => parseFloat(line))
        .filter(Number.isFinite)
        .sort((a, b) => a - b);
}

/** Pictures at their times: near 30 a second, none missing; a browser's own H.264 may skip some (`loose`). */
export function assertSteady(times, label = 'video', loose = false) {
    assert.ok(times.length > 20, `only ${times.length} pictures of ${label}`);
    const rate = (times.length - 1) / (times.at(-1) - times[0]);
    const gaps = times.slice(1).map((time, index) => time - times[index]);
    const widest = Math.max(...gaps);
    const seen = `${times.length} pictures of ${label}: ${rate.toFixed(2)} per second, the widest gap ${widest.toFixed(3)} s, ${(
        times[gaps.indexOf(widest)] - times[0]
    ).toFixed(2)} s in`;
    const slack = loose ? 4 : 1;
    assert.ok(
        Math.abs(rate - frameRate) < rateTolerance * slack && widest < longestGap * slack,
        seen,
    );
}

export function decodedPictures(input, options = []) {
    return bytesOf('ffmpeg', [
        '-nostdin',
        '-v',
        'error',
        ...whitelist,
        ...options,
        '-i',
        input,
        '-map',
        '0:v:0',
        '-vf',
        `scale=${width}:${height}:flags=area,format=gray`,
        '-fps_mode',
        'passthrough',
        '-f',
        'rawvideo',
        '-',
    ]).then(pictures);
}

/**
 * How long each picture of a file was shown until another one came, or the end: [{from, to}…] in seconds. What it
 * shows must move.
 */
export async function stills(input, options = []) {
    const { format } = await describe(input, options);
    const times = await packetTimes(input, 'v', options);
    const shown = await decodedPictures(input, options);
    assert.ok(Math.abs(times.length - shown.length) < 3, 'pictures and their times differ');
    const changes = [times[0]];
    for (let n = 1; n < Math.min(times.length, shown.length); ++n) {
        const step = mean([...shown[n]].map((value, at) => Math.abs(value - shown[n - 1][at])));
        if (step >= leastStep) changes.push(times[n]);
    }
    const end = Number(format.start_time) + Number(format.duration);
    return changes.map((from, index) => ({ from, to: changes[index + 1] ?? end }));
}

/** The longest of these, in seconds, of those that touch the span from `from` to `to`. */
export function longestStill(found, { from = 0, to = Infinity } = {}) {
    const within = found.filter((still) => still.to >= from && still.from <= to);
    return Math.max(...within.map((still) => still.to - still.from));
}

export function decodedSound(input, options = []) {
    return bytesOf('ffmpeg', [
        '-nostdin',
        '-v',
        'error',
        ...whitelist,
        ...options,
        '-i',
        input,
        '-map',
        '0:a:0',
        '-f',
        's16le',
        '-',
    ]);
}

/**
 * A file (or finite input) of ours: H.264 of that size that moves, AAC of 48 kHz stereo with sound. Returns what
 * ffprobe says.
 */
export async function assertPlays(input, { size = [1280, 720], options = [] } = {}) {
    const facts = await describe(input, options);
    const video = facts.streams.find((stream) => stream.codec_type === 'video');
    const audio = facts.streams.find((stream) => stream.codec_type === 'audio');
    assert.equal(video?.codec_name, 'h264');
    assert.deepEqual([video.width, video.height], size);
    assert.equal(audio?.codec_name, 'aac', 'no AAC');
    assert.equal(audio.sample_rate, '48000');
    assert.equal(audio.channels, 2);
    assertMovingPictures(await decodedPictures(input, options));
    assertSound(await decodedSound(input, options));
    return facts;
}

/** The same, with 30 pictures a second and none missing. */
export async function assertBroadcast(input, { size, loose = false, options = [] } = {}) {
    assertSteady(await packetTimes(input, 'v', options), input, loose);
    return assertPlays(input, { size, options });
}

/** The frames' numbers that make_media.sh paints along the top, with each picture's time in seconds. */
export async function frameNumbers(input, { options = [], crop = 'crop=640:40:0:0' } = {}) {
    const raw = await bytesOf('ffmpeg', [
        '-nostdin',
        '-v',
        'error',
        ...whitelist,
        ...options,
        '-i',
        input,
        '-map',
        '0:v:0',
        '-vf',
        `${crop},scale=16:1:flags=area,format=gray`,
        '-fps_mode',
        'passthrough',
        '-f',
        'rawvideo',
        '-',
    ]);
    return Array.from({ length: Math.floor(raw.length / 16) }, (_, n) =>
        numberIn(raw.subarray(n * 16, n * 16 + 16)),
    );
}

/** Lowest bit first; light squares are ones. */
export function numberIn(squares) {
    return squares.reduce((sum, grey, bit) => sum + (grey > 127 ? 2 ** bit : 0), 0);
}

/** Numbers between the first and the last that were never shown, of a file that is sent over and over. */
export function missingNumbers(numbers, length = mediaFrames) {
    const missing = [];
    for (let i = 1; i < numbers.length; ++i) {
        const step = (numbers[i] - numbers[i - 1] + length) % length;
        for (let k = 1; k < Math.min(step, 1000); ++k) missing.push((numbers[i - 1] + k) % length);
    }
    return missing;
}

const onset = { picture: 128, sound: -35 }; // mean grey, dB: between dark and flash, between silence and beep

async function onsets(filter, key, above, gap) {
    const text = await run(
        'ffprobe',
        [
            '-v',
            'error',
            '-f',
            'lavfi',
            filter,
            '-show_entries',
            `frame=pts_time:frame_tags=${key}`,
            '-of',
            'csv=p=0',
        ],
        { within: 60_000 },
    );
    const found = [];
    let wasAbove = true; // the first one may be cut off
    for (const [time, value] of text.split('\n').map((line) => line.split(',').map(Number))) {
        if (Number.isNaN(time)) continue;
        const isAbove = value > above;
        if (isAbove && !wasAbove && !(time - found.at(-1) < gap)) found.push(time);
        wasAbove = isAbove;
    }
    return found;
}

/** Median of (beep − flash) in seconds, over all flashes of a file; tests/e2e/pages/sync.html makes them. */
export async function audioVideoOffset(file) {
    const flashes = await onsets(
        `movie=${file},scale=64:36,signalstats`,
        'lavfi.signalstats.YAVG',
        onset.picture,
        0.5,
    );
    const beeps = await onsets(
        `amovie=${file},asetnsamples=n=48:p=0,astats=metadata=1:reset=1`,
        'lavfi.astats.Overall.RMS_level',
        onset.sound,
        0.5,
    );
    const offsets = flashes
        .map(
            (flash) =>
                beeps.map((beep) => beep - flash).sort((a, b) => Math.abs(a) - Math.abs(b))[0],
        )
        .filter((offset) => Math.abs(offset) < 0.45);
    assert.ok(
        offsets.length >= 3,
        `${flashes.length} flashes and ${beeps.length} beeps in ${file}`,
    );
    return median(offsets);
}

export function median(values) {
    return quantile(values, 0.5);
}

export function quantile(values, share) {
    const sorted = [...values].sort((a, b) => a - b);
    return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
