/** Processor time of gateway and pipeline, beside what the codecs alone, or a bare pipeline, take. */

import { bareReceiver, freePort, Gateway } from '../../e2e/support/gateway.mjs';
import { scratch } from '../../e2e/support/players.mjs';
import { Process } from '../../e2e/support/process.mjs';
import { media, Publisher } from '../../e2e/support/publisher.mjs';
import { reach } from '../../e2e/support/wait.mjs';
import { row } from '../table.mjs';
import { load } from '../usage.mjs';

const settling = 5_000; // ms before anything is measured
const settleFor = () => reach(performance.now() + settling);
const cores = (value) => `${value.toFixed(3)} cores`;

/** Core-seconds per second of gateway and pipelines (the spare too) with one publisher of `file`. */
async function ofSpillway(file, seconds) {
    const gateway = await Gateway.start();
    const publisher = await Publisher.start(gateway, 'demo', { file });
    try {
        await gateway.live('demo');
        await gateway.listed('demo', 1);
        await settleFor();
        return await load([gateway.pid, ...gateway.pipelines()], seconds);
    } finally {
        await publisher.close();
        await gateway.close();
    }
}

/** Decode and encode alone, on the same media at its own pace. `x264` are the encoder's properties. */
async function ofCodecs(x264, seconds) {
    const decoder = new Process('gst-launch-1.0', [
        '-q',
        'filesrc',
        `location=${await media('vp8.webm')}`,
        '!',
        'matroskademux',
        'name=demux',
        'demux.video_0',
        '!',
        'queue',
        '!',
        'clocksync',
        '!',
        'vp8dec',
        'threads=1',
        '!',
        'x264enc',
        ...x264,
        '!',
        'fakesink',
        'async=false',
        'demux.audio_0',
        '!',
        'queue',
        '!',
        'clocksync',
        '!',
        'opusdec',
        '!',
        'audioconvert',
        '!',
        'avenc_aac',
        'bitrate=128000',
        '!',
        'fakesink',
        'async=false',
    ]);
    try {
        await settleFor();
        return await load([decoder.pid], Math.min(seconds, 50)); // the media lasts a minute
    } finally {
        await decoder.close();
    }
}

export async function transcode(seconds) {
    const rate = [
        'speed-preset=veryfast',
        'bitrate=2500',
        'key-int-max=30',
        'bframes=0',
        'option-string=scenecut=0:open-gop=0',
    ];
    // As pipelines/encode sets it: no lookahead and one thread, for the sake of delay.
    const live = [
        ...rate,
        'rc-lookahead=0',
        'sync-lookahead=0',
        'mb-tree=false',
        'sliced-threads=false',
        'threads=1',
        'vbv-buf-capacity=1000',
    ];
    const codecs = await ofCodecs(live, seconds);
    const lookahead = await ofCodecs(rate, seconds);
    const spillway = await ofSpillway('vp8.webm', seconds);
    row({
        figure: 'CPU, VP8 in; RTP, TS, HLS, MP4 out',
        value: cores(spillway),
        yardstick: `${cores(codecs)} (codecs, same properties)`,
        ratio: (spillway / codecs).toFixed(2),
        aim: '≤ 1.15',
        met: spillway / codecs <= 1.15,
    });
    row({
        figure: '… beside x264enc with lookahead',
        value: cores(spillway),
        yardstick: `${cores(lookahead)} (codecs, preset only)`,
        ratio: (spillway / lookahead).toFixed(2),
    });
}

async function ofBarePipeline(seconds) {
    const { folder, close } = scratch();
    const port = await freePort();
    const receiver = new Process(bareReceiver, [String(port), folder]);
    let publisher = null;
    try {
        await receiver.line(/^ready/);
        publisher = await Publisher.start({ url: `http://127.0.0.1:${port}` }, 'demo', {
            file: 'h264.mkv',
        });
        await settleFor();
        return await load([receiver.pid], seconds);
    } finally {
        await publisher?.close();
        await receiver.close();
        await close();
    }
}

export async function passthrough(seconds) {
    const bare = await ofBarePipeline(seconds);
    const spillway = await ofSpillway('h264.mkv', seconds);
    row({
        figure: 'CPU, H.264 passed through',
        value: cores(spillway),
        yardstick: `${cores(bare)} (bare webrtcbin + tee)`,
        ratio: (spillway / bare).toFixed(2),
        aim: '≤ 1.2 and 0.045 cores',
        met: spillway / bare <= 1.2 && spillway <= 0.045,
    });
}
