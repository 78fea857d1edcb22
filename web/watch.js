/** The player page: waits for a stream, plays it, says when it ended, and waits for the next. */

import { keepTokenOnLinks, streamOfPage } from './links.js';
import { Player } from './player.js';

const element = (id) => document.getElementById(id);
const stream = streamOfPage();
const video = element('video');
const words = {
    waiting: 'Waiting for the broadcast to begin. It starts here by itself.',
    playing: 'Live',
    ended: 'The broadcast has ended. If it begins again, it plays here.',
};

function show(state, detail = words[state]) {
    document.body.dataset.state = state;
    element('state').textContent = detail;
    element('curtain').textContent = detail;
    element('curtain').hidden = state === 'playing';
    showSound();
}

function showSound() {
    const playing = document.body.dataset.state === 'playing';
    element('sound').hidden = !(playing && (video.muted || video.volume === 0));
}

element('sound').addEventListener('click', () => {
    video.muted = false;
    if (video.volume === 0) video.volume = 1;
    video.play().catch(() => {});
    video.focus();
});
video.addEventListener('volumechange', showSound);

keepTokenOnLinks();
if (stream) {
    element('title').textContent = stream;
    document.title = `${stream} – Spillway`;
    const player = new Player(video, stream, {
        onState: show,
        onDenied: () => { element('token-form').hidden = false; },
        onBlocked: () => {
            element('state').textContent = 'Press play to watch.';
            element('curtain').hidden = true;
        },
    });
    player.start();
} else {
    show('error', 'That is not a stream name. The address is /watch/ and the name: letters, digits, - and _.');
}
