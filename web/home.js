/** The first page: what is live now, and the way to a broadcast of one's own. */

import { isStreamName, keepTokenOnLinks, withToken } from './links.js';
import { LiveList, renderList } from './live_list.js';
import { localTime } from './format.js';

const element = (id) => document.getElementById(id);
const stateWords = { connecting: 'Connecting', live: 'Live', ending: 'Ending' };
const stateTones = { connecting: 'busy', live: 'good' };

function describe({ start, video, audio }) {
    return [
        start && `since ${localTime(start)}`,
        video && `${video.width}\u00a0×\u00a0${video.height}, ${video.source ?? video.codec}`,
        audio && (audio.source ? `with sound (${audio.source})` : 'without sound'),
    ].filter(Boolean).join(' · ');
}

function fillRow(row, item) {
    const { stream, state } = item;
    row.querySelector('.name').textContent = stream;
    const badge = row.querySelector('.badge');
    badge.textContent = stateWords[state] ?? state;
    badge.dataset.tone = stateTones[state] ?? '';
    row.querySelector('.hint').textContent = describe(item);
    row.querySelector('.watch').href = withToken(`/watch/${stream}`);
    row.querySelector('.publish').href = withToken(`/publish/${stream}`);
    row.querySelector('.recordings').href = withToken(`/recordings?stream=${stream}`);
}

function show(streams) {
    element('message').hidden = true;
    element('token-form').hidden = true;
    element('empty').hidden = streams.length > 0;
    renderList(element('streams'), streams.sort((a, b) => (a.stream < b.stream ? -1 : 1)), {
        keyOf: (item) => item.stream,
        make: () => element('row').content.firstElementChild.cloneNode(true),
        fill: fillRow,
    });
}

function fail(error) {
    element('token-form').hidden = !error.denied;
    element('message').textContent = error.denied ? error.message
        : 'The server can’t be reached. This page goes on trying.';
    element('message').hidden = false;
}

keepTokenOnLinks();
new LiveList({
    name: 'streams',
    event: 'stream',
    keyOf: (item) => item.stream,
    isGone: (item) => item.state === 'ended',
    changed: show,
    failed: fail,
});
element('go').addEventListener('submit', (event) => {
    event.preventDefault();
    const name = element('name').value;
    if (isStreamName(name)) location.assign(withToken(`/publish/${name}`));
});
