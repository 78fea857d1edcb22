/** The archive: what was recorded, to download or delete. */

import { request } from './api.js';
import { bytes, duration, localTime } from './format.js';
import { isStreamName, keepTokenOnLinks, query, withToken } from './links.js';
import { LiveList, renderList } from './live_list.js';

const element = (id) => document.getElementById(id);
const only = isStreamName(query.get('stream') ?? '') ? query.get('stream') : null;
const stateWords = {
    recording: 'Recording now', finishing: 'Being finished', finished: 'Ready', failed: 'Failed',
};
const stateTones = { recording: 'bad', finishing: 'busy', finished: 'good', failed: 'bad' };

function fillRow(row, item) {
    row.querySelector('.name').textContent = item.stream;
    const badge = row.querySelector('.badge');
    badge.textContent = stateWords[item.state] ?? item.state;
    badge.dataset.tone = stateTones[item.state] ?? '';
    const time = row.querySelector('time');
    time.textContent = localTime(item.start);
    time.dateTime = item.start;
    row.querySelector('.hint').textContent = `${duration(item.duration)} · ${bytes(item.bytes)}`;
    const warning = row.querySelector('.warning');
    warning.textContent = item.warning ?? '';
    warning.hidden = !item.warning;

    const what = `${item.stream}, ${localTime(item.start)}`;
    const download = row.querySelector('.download');
    download.href = withToken(item.url);
    download.hidden = item.state === 'recording';
    download.setAttribute('aria-label', `Download ${what}`);
    const remove = row.querySelector('.delete');
    remove.hidden = item.state === 'recording';
    remove.setAttribute('aria-label', `Delete ${what}`);
    remove.onclick = () => confirmDelete(item, what);
}

function show(recordings) {
    const shown = recordings
        .filter((item) => !only || item.stream === only)
        .sort((a, b) => (a.start < b.start ? 1 : -1));
    element('message').hidden = true;
    element('token-form').hidden = true;
    element('empty').hidden = shown.length > 0;
    renderList(element('recordings'), shown, {
        keyOf: (item) => item.id,
        make: () => element('row').content.firstElementChild.cloneNode(true),
        fill: fillRow,
    });
}

function say(message) {
    element('message').textContent = message;
    element('message').hidden = false;
}

function fail(error) {
    element('token-form').hidden = !error.denied;
    say(error.denied ? error.message : 'The server can’t be reached. This page goes on trying.');
}

function confirmDelete(item, what) {
    const dialog = element('confirm');
    element('confirm-what').textContent = `${what} (${bytes(item.bytes)}). This can’t be undone.`;
    dialog.returnValue = 'keep';
    dialog.onclose = () => {
        if (dialog.returnValue === 'delete') deleteRecording(item);
    };
    dialog.showModal();
}

async function deleteRecording({ id }) {
    try {
        await request(`/api/v1/recordings/${encodeURIComponent(id)}`, { method: 'DELETE' });
        list.remove(id);
    } catch (error) {
        if (error.status === 404) list.remove(id);
        else say(error.denied ? `Deleting needs the publish token. ${error.message}` : error.message);
    }
}

keepTokenOnLinks();
if (only) {
    element('only').querySelector('strong').textContent = only;
    element('only').hidden = false;
}
const list = new LiveList({
    name: 'recordings',
    event: 'recording',
    keyOf: (item) => item.id,
    isGone: (item) => item.state === 'deleted',
    changed: show,
    failed: fail,
});
