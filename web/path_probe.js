/** Tries one way from this browser to the server: do packets get there and back? */

import { request } from './api.js';
import { MediaPath } from './media_path.js';

const deadline = 10_000; // ms; some longer than a browser waits for a relay that is silent
const directGathering = 1_500; // ms; own addresses are there at once, those that STUN tells soon after
const leastConnecting = 2_000; // ms, however long the relay took
const closeDeadline = 2_000; // ms; the server forgets a test by itself

/** Resolves to the first truthy value of `look()`, called at each of `events`; to null after `within` ms. */
function settle(connection, events, within, look) {
    return new Promise((resolve) => {
        const done = (value) => {
            clearTimeout(timer);
            for (const event of events) connection.removeEventListener(event, check);
            resolve(value);
        };
        const timer = setTimeout(() => done(null), within);
        const check = () => {
            const seen = look();
            if (seen) done(seen);
        };
        for (const event of events) connection.addEventListener(event, check);
        check();
    });
}

/** What is known of the way of `connection`, which does not gather yet. */
function watch(connection, configuration) {
    const path = new MediaPath(configuration);
    connection.addEventListener('icecandidate', ({ candidate }) => path.onCandidate(candidate));
    connection.addEventListener('icecandidateerror', (error) => path.onError(error));
    return path;
}

/**
 * Until the addresses are known that the server shall send to, since a firewall of its own may let in only what
 * answers it. False when there can't be any.
 */
async function gather(connection, path, isRelay) {
    const complete = () => connection.iceGatheringState === 'complete';
    await connection.setLocalDescription();
    await settle(connection, ['icecandidate', 'icegatheringstatechange'], isRelay ? deadline : directGathering,
        () => complete() || (isRelay && path.relayed));
    return !isRelay || path.relayed;
}

/** True once packets came back. The server answers ICE alone, so that more than this never opens. */
function connect(connection, within) {
    const states = { connected: 'yes', completed: 'yes', failed: 'no' };
    return settle(connection, ['iceconnectionstatechange'], within, () => states[connection.iceConnectionState])
        .then((outcome) => outcome === 'yes');
}

/**
 * {ok, milliseconds, relayed, refused, words} of one configuration. Rejects when the server does not take the
 * test.
 */
export async function probe(configuration) {
    const isRelay = configuration.iceTransportPolicy === 'relay';
    const connection = new RTCPeerConnection(configuration);
    const path = watch(connection, configuration);
    const end = performance.now() + deadline;
    let location = null;
    let ok = false;
    let began = performance.now(); // of what a publisher would wait for
    try {
        connection.createDataChannel('test');
        if (await gather(connection, path, isRelay)) {
            const gathering = isRelay ? performance.now() - began : 0;
            const response = await request('/api/v1/ice/check', {
                method: 'POST', headers: { 'Content-Type': 'application/sdp' }, body: connection.localDescription.sdp,
            });
            location = response.headers.get('Location');
            began = performance.now() - gathering;
            await connection.setRemoteDescription({ type: 'answer', sdp: await response.text() });
            ok = await connect(connection, Math.max(leastConnecting, end - performance.now()));
        }
        const { relayed, refused, words } = path;
        return { ok, milliseconds: Math.round(performance.now() - began), relayed, refused, words };
    } finally {
        connection.close();
        if (location) {
            request(location, { method: 'DELETE', signal: AbortSignal.timeout(closeDeadline) }).catch(() => {});
        }
    }
}
