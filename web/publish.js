/** The broadcaster's page: puts choices, preview, publisher and state together. */

import { streamState } from './api.js';
import { Choices } from './choices.js';
import { offerConnectionTest } from './connection_test.js';
import { followEvents } from './events.js';
import { keepTokenOnLinks, query, streamOfPage } from './links.js';
import { Publisher } from './publisher.js';
import { SendingFacts } from './sending_facts.js';
import { showLinks } from './share_links.js';
import { explainMediaError, openSource } from './sources.js';

const factsPeriod = 1_000; // ms

const element = (id) => document.getElementById(id);
const stream = streamOfPage();
const words = {
    idle: 'Not publishing.', live: 'Live.', stopped: 'Stopped. Press Publish to begin again.',
};
const asking = {
    camera: 'Asking for the camera… Answer the browser’s question.',
    screen: 'Asking for the screen… Choose what to show in the browser’s question.',
    test: 'Making the test picture…',
};
const gone = {
    camera: { state: 'error', detail: 'The camera is gone. Plug it in again or choose another, then press Publish.' },
    screen: { state: 'stopped', detail: 'The screen is not shared any more. Press Publish to begin again.' },
};

let source = null; // what openSource gave, while there is a preview
let opening = 0; // counts openings, so that a late one knows it is not wanted any more
let facts = new SendingFacts();

const choices = new Choices(() => {
    if (source || choices.kind === 'test') preview();
    else closeSource();
});
const publisher = new Publisher(`/whip/${stream}`, show);

function show(state, detail) {
    document.body.dataset.state = state;
    element('state').textContent = detail || words[state];
    const busy = ['connecting', 'live', 'reconnecting'].includes(state);
    element('publish').hidden = busy;
    element('open-preview').hidden = busy || Boolean(source);
    element('stop').hidden = !busy;
    choices.disabled = busy;
    if (state !== 'live') {
        element('facts').textContent = '';
        facts = new SendingFacts();
    }
    if (state === 'stopped' || state === 'error') closeSource();
}

function closeSource() {
    ++opening;
    source?.close();
    source = null;
    element('preview').srcObject = null;
    element('curtain').hidden = false;
    element('open-preview').hidden = false;
}

/** Opens what is chosen and shows it. False when that failed or was overtaken; the state says why. */
async function open(state) {
    closeSource();
    const turn = opening;
    const { kind } = choices;
    show(state, asking[kind]);
    let opened;
    try {
        opened = await openSource(choices.source(stream));
    } catch (error) {
        if (turn === opening) show('error', explainMediaError(error));
        return false;
    }
    if (turn !== opening) {
        opened.close();
        return false;
    }
    source = opened;
    element('preview').srcObject = source.stream;
    element('curtain').hidden = true;
    source.stream.getVideoTracks()[0].addEventListener('ended', () => sourceGone(opened, kind));
    choices.refresh();
    return true;
}

function sourceGone(which, kind) {
    if (which !== source || !gone[kind]) return;
    const { state, detail } = gone[kind];
    if (document.body.dataset.state === 'idle') show(state, detail);
    else publisher.stop({ state, detail });
}

async function preview() {
    if (await open('idle')) show('idle', 'This is what will be sent. Press Publish to begin.');
}

async function publish() {
    if (source || await open('connecting')) publisher.start(source.stream, choices.publishing);
}

function stop() {
    if (publisher.active) publisher.stop();
    else show('stopped', ''); // the browser was still being asked
}

/** The server's word on this stream; where this page may not listen, the connection's state does. */
function listen() {
    followEvents({
        handlers: {
            stream: (event) => {
                if (event.stream !== stream) return;
                if (event.cause === 'removed') {
                    publisher.streamRemoved('The stream was ended on the server. Press Publish to begin again.');
                } else if (event.state === 'ended') {
                    publisher.streamEnded(event.reason
                        ? `The server ended the stream: ${event.reason.replace(/\.$/, '')}.`
                        : 'The server ended the stream.');
                }
            },
        },
        // A server that was started anew knows nothing of this stream.
        opened: () => streamState(stream).then((state) => {
            if (state === null) publisher.streamEnded('The server lost the stream.');
        }, () => {}),
        whileHidden: true,
    });
}

async function begin() {
    element('title').textContent = `Publish “${stream}”`;
    document.title = `Publish ${stream} – Spillway`;
    element('open-preview').addEventListener('click', preview);
    element('publish').addEventListener('click', publish);
    element('stop').addEventListener('click', stop);
    offerConnectionTest(element('test-connection'), stream);
    addEventListener('pagehide', () => publisher.stop({ leaving: true }));
    setInterval(async () => {
        if (publisher.state !== 'live') return;
        const line = facts.describe(await publisher.stats());
        if (publisher.state === 'live') element('facts').textContent = line;
    }, factsPeriod);
    show('idle', '');
    showLinks(stream);
    listen();
    await choices.refresh();
    if (query.get('autostart') === '1') publish();
    else if (choices.kind === 'test') preview();
}

keepTokenOnLinks();
if (stream) {
    begin();
} else {
    show('error', 'That is not a stream name. The address is /publish/ and the name: letters, digits, - and _.');
    element('publish').disabled = true;
    element('open-preview').disabled = true;
    element('test-connection').disabled = true;
}
