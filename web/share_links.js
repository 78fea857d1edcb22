/** The addresses under the broadcaster's page, each with a button that copies it. */

import { addressesToShare } from './links.js';

const element = (id) => document.getElementById(id);
const kinds = [
    ['watch', 'Web page', 'Any browser'],
    ['hls', 'HLS', 'Safari, TVs, VLC, hls.js, media servers'],
    ['vlc', 'VLC', 'Media → Open network stream'],
    ['sdp', 'RTP, video and audio as two streams (stream.sdp)', 'ffplay, mpv, GStreamer'],
    ['tsSdp', 'RTP, one MPEG-TS stream (ts.sdp)', 'Players without live555'],
    ['recordings', 'Recordings', 'The files, to download'],
];

async function copy(input, label) {
    input.select();
    try {
        await navigator.clipboard.writeText(input.value);
        element('copied').textContent = `${label} copied.`;
        return true;
    } catch {
        element('copied').textContent = 'Selected: copy it with the keyboard.';
        return false;
    }
}

function row(id, label, hint, address) {
    const field = element('link').content.firstElementChild.cloneNode(true);
    const input = field.querySelector('input');
    input.id = `link-${id}`;
    input.value = address;
    input.dataset.link = id;
    field.querySelector('label').htmlFor = input.id;
    field.querySelector('label').textContent = label;
    field.querySelector('.hint').textContent = hint;
    const button = field.querySelector('button');
    button.setAttribute('aria-label', `Copy the address: ${label}`);
    button.addEventListener('click', async () => {
        button.textContent = await copy(input, label) ? 'Copied' : 'Selected';
        setTimeout(() => { button.textContent = 'Copy'; }, 2000);
    });
    return field;
}

export function showLinks(stream) {
    const addresses = addressesToShare(stream);
    element('links').replaceChildren(
        ...kinds.map(([id, label, hint]) => row(id, label, hint, addresses[id])));
    // Asked without this page's token, as a viewer would.
    fetch('/api/v1/streams', { cache: 'no-store' })
        .then(({ status }) => { element('guarded').hidden = status !== 401; }, () => {});
}
