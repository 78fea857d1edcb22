/** A picture that moves and tells the time, and a tone: a source for trying things without a camera. */

const barColours = ['#c0c0c0', '#c0c000', '#00c0c0', '#00c000', '#c000c0', '#c00000', '#0000c0'];
const toneFrequencies = [440, 660]; // Hz; left and right differ, so that lost stereo is heard
const toneLevel = 0.15;
const sweep = 4000; // ms for the moving bar to cross the picture

/** Draws what stays: colour bars, and the name of the stream. */
function drawGround(context, width, height, title) {
    const barWidth = width / barColours.length;
    barColours.forEach((colour, index) => {
        context.fillStyle = colour;
        context.fillRect(Math.floor(index * barWidth), 0, Math.ceil(barWidth), height * 0.6);
    });
    context.fillStyle = '#101418';
    context.fillRect(0, height * 0.6, width, height * 0.4);
    context.fillStyle = '#ffffff';
    context.textBaseline = 'middle';
    context.font = `${Math.round(height / 20)}px system-ui, sans-serif`;
    context.fillText(title, width * 0.04, height * 0.9, width * 0.92);
}

/** Draws only what moves: the lane with the bar, and the clock. */
function drawMoment(context, width, height, now) {
    const laneTop = Math.round(height * 0.62);
    const laneHeight = Math.round(height * 0.06);
    const barWidth = Math.round(width / 16);
    context.fillStyle = '#303840';
    context.fillRect(0, laneTop, width, laneHeight);
    context.fillStyle = '#ffffff';
    const x = ((now % sweep) / sweep) * (width + barWidth) - barWidth;
    context.fillRect(Math.round(x), laneTop, barWidth, laneHeight);

    context.fillStyle = '#101418';
    context.fillRect(0, Math.round(height * 0.7), width, Math.round(height * 0.15));
    context.fillStyle = '#ffffff';
    context.textBaseline = 'middle';
    context.font = `${Math.round(height / 9)}px ui-monospace, monospace`;
    const clock = new Date(now).toISOString().slice(11, 23);
    context.fillText(`${clock} UTC`, width * 0.04, height * 0.78, width * 0.92);
}

/** { track, close() } of a canvas that is redrawn 30 times a second. */
export function openTestPicture({ width, height, title }) {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    // Without alpha the encoder gets plain I420; in memory, because each frame is read back.
    const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
    drawGround(context, width, height, title);
    drawMoment(context, width, height, Date.now());
    const [track] = canvas.captureStream().getVideoTracks();
    const ticker = new Worker('/web/ticker.js');
    ticker.onmessage = () => drawMoment(context, width, height, Date.now());
    return {
        track,
        close() {
            ticker.terminate();
            track.stop();
        },
    };
}

/** { track, close() } of a steady stereo tone of 48 kHz. */
export function openTestTone() {
    const context = new AudioContext({ sampleRate: 48_000 });
    const merger = new ChannelMergerNode(context, { numberOfInputs: toneFrequencies.length });
    toneFrequencies.forEach((frequency, channel) => {
        const oscillator = new OscillatorNode(context, { frequency });
        oscillator.connect(new GainNode(context, { gain: toneLevel })).connect(merger, 0, channel);
        oscillator.start();
    });
    const output = new MediaStreamAudioDestinationNode(context, { channelCount: 2 });
    merger.connect(output);
    const [track] = output.stream.getAudioTracks();
    // Browsers play no audio until the page is touched; until then the track is silent.
    const resume = () => context.resume().catch(() => {});
    document.addEventListener('pointerdown', resume);
    resume();
    return {
        track,
        close() {
            document.removeEventListener('pointerdown', resume);
            track.stop();
            context.close();
        },
    };
}
