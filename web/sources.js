/** Where video and audio come from: camera, screen or test picture, and what goes with each. */

import { openTestPicture, openTestTone } from './test_picture.js';

const insecureHelp = 'Browsers give cameras, microphones and screens only to pages opened over '
    + 'https or on localhost. Open this page that way, or choose the test picture.';

const mediaErrors = {
    NotAllowedError: 'The browser did not allow it. Allow camera and microphone for this page '
        + '(the symbol beside the address) and try again.',
    NotFoundError: 'There is no such camera or microphone. Plug one in, choose another, or set '
        + 'the sound to “None”.',
    NotReadableError: 'The camera or microphone is in use by another program. Close that program '
        + 'and try again.',
    OverconstrainedError: 'That camera or microphone is not there any more. Choose another one.',
    AbortError: 'The camera or microphone could not be started. Plug it in again and try once more.',
};

/** Says what to do, for whatever openSource rejected with. */
export function explainMediaError(error) {
    return mediaErrors[error.name] ?? error.message;
}

function mediaDevices() {
    if (!navigator.mediaDevices) throw new Error(insecureHelp);
    return navigator.mediaDevices;
}

/** Cameras and microphones as {id, label}; labels are empty until the browser was allowed one. */
export async function listDevices() {
    const devices = await navigator.mediaDevices?.enumerateDevices() ?? [];
    const ofKind = (kind) => devices
        .filter((device) => device.kind === kind && device.deviceId)
        .map(({ deviceId, label }) => ({ id: deviceId, label }));
    return { cameras: ofKind('videoinput'), microphones: ofKind('audioinput') };
}

const exactly = (id) => (id ? { deviceId: { exact: id } } : {});

function microphoneConstraints(id) {
    // Echo cancellation would make the audio mono, and nothing is played back here.
    return {
        ...exactly(id), channelCount: { ideal: 2 }, sampleRate: { ideal: 48_000 },
        echoCancellation: false,
    };
}

async function openCamera({ camera, audio, width, height }) {
    const stream = await mediaDevices().getUserMedia({
        video: {
            ...exactly(camera), width: { ideal: width }, height: { ideal: height },
            frameRate: { ideal: 30 },
        },
        audio: audio.kind === 'microphone' && microphoneConstraints(audio.id),
    });
    return { tracks: stream.getTracks(), close() {} };
}

async function openScreen({ audio, width, height }) {
    const stream = await mediaDevices().getDisplayMedia({
        video: { width: { max: width }, height: { max: height }, frameRate: { ideal: 30, max: 30 } },
        audio: audio.kind === 'screen'
            && { channelCount: { ideal: 2 }, echoCancellation: false, noiseSuppression: false },
    });
    return { tracks: stream.getTracks(), close() {} };
}

function openTest({ audio, width, height, title }) {
    const parts = [openTestPicture({ width, height, title })];
    if (audio.kind === 'tone') parts.push(openTestTone());
    return {
        tracks: parts.map((part) => part.track),
        close: () => parts.forEach((part) => part.close()),
    };
}

const openers = { camera: openCamera, screen: openScreen, test: openTest };

/**
 * Opens video and audio. `kind` is camera, screen or test; `audio` is {kind: 'none' | 'tone' |
 * 'screen' | 'microphone', id}; `camera` an id or ''. The result is {stream, close()}; rejects with
 * what the browser says (explainMediaError).
 */
export async function openSource(choice) {
    const opened = await openers[choice.kind](choice);
    const stream = new MediaStream(opened.tracks);
    const close = () => {
        stream.getTracks().forEach((track) => track.stop());
        opened.close();
    };
    if (choice.kind !== 'camera' && choice.audio.kind === 'microphone') {
        try {
            const constraints = { audio: microphoneConstraints(choice.audio.id) };
            const microphone = await mediaDevices().getUserMedia(constraints);
            microphone.getTracks().forEach((track) => stream.addTrack(track));
        } catch (error) {
            close();
            throw error;
        }
    }
    return { stream, close };
}
