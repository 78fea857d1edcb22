/** Real players, each made to play an address for a few seconds and to give what it showed. */

import assert from 'node:assert/strict';
import {
    chmodSync,
    mkdtempSync,
    readdirSync,
    readFileSync,
    rmSync,
    statSync,
    writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesOf, Process, run } from './process.mjs';
import { assertMovingPictures, assertSound, pictures } from './probe.mjs';
import { Hopeless, until } from './wait.mjs';

const whitelist = ['-protocol_whitelist', 'file,udp,rtp,http,tcp,pipe,fd,crypto,data'];

const settling = 12; // pictures (2 s) that VLC repeats, or shows without a key frame, before it plays smoothly

/** A folder anybody may write to, since VLC refuses to run as root. */
export function scratch() {
    const folder = mkdtempSync(join(tmpdir(), 'spillway-play-'));
    chmodSync(folder, 0o777);
    return { folder, close: async () => rmSync(folder, { recursive: true, force: true }) };
}

/** Copies `seconds` of an address without decoding: ffmpeg -i URL -c copy FILE. What it said is returned. */
export async function copyWithFfmpeg(url, file, seconds, options = []) {
    const process = new Process('ffmpeg', [
        '-nostdin',
        '-hide_banner',
        '-v',
        'info',
        '-y',
        ...whitelist,
        ...options,
        '-i',
        url,
        '-t',
        String(seconds),
        '-c',
        'copy',
        file,
    ]);
    try {
        const code = await process.exit((seconds + 20) * 1000);
        assert.equal(code, 0, `ffmpeg: ${process.said()}`);
        return process.errors.join('\n');
    } finally {
        process.signal('SIGKILL');
    }
}

function sizeOf(file) {
    try {
        return statSync(file).size;
    } catch {
        return 0;
    }
}

/**
 * GStreamer's playbin, until it has shown `count` pictures and as much sound. It takes a .sdp from a file only
 * (sdp:///path): http://….sdp it does not recognise.
 */
export async function playWithPlaybin(uri, { count = 75 } = {}) {
    const { folder, close } = scratch();
    const picture = join(folder, 'picture');
    const sound = join(folder, 'sound');
    const process = new Process('gst-launch-1.0', [
        '-q',
        'playbin',
        `uri=${uri}`,
        `video-sink=videoconvert ! videoscale ! video/x-raw,format=GRAY8,width=64,height=36 ! filesink sync=true location=${picture}`,
        `audio-sink=audioconvert ! audioresample ! audio/x-raw,format=S16LE,rate=48000,channels=2 ! filesink sync=true location=${sound}`,
    ]);
    try {
        await until(
            `${count} pictures from playbin`,
            () => {
                if (!process.alive) throw new Hopeless(`it ended: ${process.said()}`);
                return sizeOf(picture) > 64 * 36 * count && sizeOf(sound) > 192_000;
            },
            { within: 25_000 },
        );
        assertMovingPictures(pictures(readFileSync(picture)).slice(5));
        assertSound(readFileSync(sound));
    } finally {
        await process.close();
        await close();
    }
}

/** mpv, pictures and sound into files. */
export async function playWithMpv(url) {
    const { folder, close } = scratch();
    const process = new Process('mpv', [
        '--no-config',
        '--no-terminal',
        '--msg-level=all=warn',
        '--vo=image',
        '--vo-image-format=jpg',
        `--vo-image-outdir=${folder}`,
        '--vf=scale=64:36',
        '--ao=pcm',
        `--ao-pcm-file=${folder}/sound.wav`,
        '--demuxer-lavf-o=protocol_whitelist=[file,udp,rtp,http,tcp,crypto,data]',
        '--untimed=no',
        url,
    ]);
    try {
        await until(
            '60 pictures from mpv',
            () => {
                if (!process.alive) throw new Hopeless(`it ended: ${process.said()}`);
                return (
                    readdirSync(folder).filter((name) => name.endsWith('.jpg')).length > 60 &&
                    sizeOf(join(folder, 'sound.wav')) > 150_000
                );
            },
            { within: 30_000 },
        );
    } finally {
        await process.close();
    }
    try {
        await assertImages(folder, 'jpg', 0);
        assertSound(readFileSync(join(folder, 'sound.wav')).subarray(44));
    } finally {
        await close();
    }
}

async function assertImages(folder, ending, skipped) {
    // The last one may be half written.
    const names = readdirSync(folder)
        .filter((name) => name.endsWith(`.${ending}`))
        .sort()
        .slice(skipped, -1);
    const list = join(folder, 'list.txt');
    writeFileSync(list, names.map((name) => `file '${join(folder, name)}'\n`).join(''));
    const raw = await bytesOf('ffmpeg', [
        '-nostdin',
        '-v',
        'error',
        '-f',
        'concat',
        '-safe',
        '0',
        '-i',
        list,
        '-vf',
        'scale=64:36:flags=area,format=gray',
        '-f',
        'rawvideo',
        '-',
    ]);
    assertMovingPictures(pictures(raw));
}

/** VLC as a normal user, with further options such as --repeat or --demux=avformat. */
export async function playWithVlc(url, options = []) {
    const { folder, close } = scratch();
    const asUser = process.getuid() === 0 ? ['runuser', '-u', 'nobody', '--'] : [];
    const [command, ...words] = [
        ...asUser,
        'env',
        `HOME=${folder}`,
        `XDG_RUNTIME_DIR=${folder}`,
        'cvlc',
        '-I',
        'dummy',
        '--no-dbus',
        '--vout=vdummy',
        '--video-filter=scene',
        `--scene-path=${folder}`,
        '--scene-format=png',
        '--scene-width=64',
        '--scene-height=36',
        '--scene-ratio=5',
        '--aout=afile',
        `--audiofile-file=${folder}/sound.wav`,
        '--no-video-title-show',
        ...options,
        url,
    ];
    const vlc = new Process(command, words);
    try {
        await until(
            'pictures and sound from VLC',
            () => {
                if (!vlc.alive) throw new Hopeless(`it ended: ${vlc.said()}`);
                return (
                    readdirSync(folder).filter((name) => name.endsWith('.png')).length >
                        settling + 12 && sizeOf(join(folder, 'sound.wav')) > 200_000
                );
            },
            { within: 40_000 },
        ).catch((error) => {
            throw new Error(`${error.message}: ${vlc.said()}`);
        });
    } finally {
        await vlc.close();
    }
    try {
        await assertImages(folder, 'png', settling);
        assertSound(readFileSync(join(folder, 'sound.wav')).subarray(44));
    } finally {
        await close();
    }
}

/** What ffprobe says of a live address within a few seconds. */
export async function probeLive(url, options = []) {
    return JSON.parse(
        await run(
            'ffprobe',
            ['-v', 'error', ...whitelist, ...options, '-show_streams', '-of', 'json', url],
            { within: 20_000 },
        ),
    );
}
