/** The form of the broadcaster's page: what may be chosen, and what was. */

import { query } from './links.js';
import { listDevices } from './sources.js';

const element = (id) => document.getElementById(id);
const microphone = 'microphone:'; // before a device id in the value of an audio option

function option(value, text) {
    return new Option(text, value);
}

/** Replaces the options of `select`, keeping what is chosen where it is still there. */
function setOptions(select, options) {
    const chosen = select.value;
    select.replaceChildren(...options);
    select.value = chosen;
    if (select.selectedIndex < 0) select.selectedIndex = 0;
}

function audioOptions(kind, microphones) {
    const devices = microphones.filter(({ label }) => label)
        .map(({ id, label }) => option(microphone + id, label));
    // Before it was allowed to use them, a browser doesn't say which microphones there are.
    if (!devices.length) devices.push(option(microphone, 'Microphone'));
    const own = {
        camera: [], screen: [option('screen', 'Sound of what is shown')], test: [option('tone', 'Test tone')],
    };
    return [...own[kind], ...devices, option('none', 'None')];
}

/** Sets a select from the page's address; a value that is not offered there is added. */
function chooseFromQuery(name, describe) {
    const value = query.get(name);
    const select = element(name);
    if (value === null) return;
    if (![...select.options].some((known) => known.value === value)) {
        if (!describe || !(Number(value) > 0)) return;
        select.add(option(value, describe(value)));
    }
    select.value = value;
}

export class Choices {
    #sourceShown = '';

    /** `onSourceChange` is called when the user wants other video or audio. */
    constructor(onSourceChange) {
        const source = document.querySelector(`[name=source][value="${CSS.escape(query.get('source') ?? '')}"]`);
        if (source) source.checked = true;
        chooseFromQuery('bitrate', (value) => `${value} kbit/s`);
        chooseFromQuery('codec');
        chooseFromQuery('resolution');
        element('choices').addEventListener('submit', (event) => event.preventDefault());
        element('choices').addEventListener('change', async ({ target }) => {
            if (target.name === 'source') await this.refresh();
            if (!['bitrate', 'codec'].includes(target.id)) onSourceChange();
        });
        navigator.mediaDevices?.addEventListener('devicechange', () => this.refresh());
    }

    get kind() {
        return document.querySelector('[name=source]:checked').value;
    }

    set disabled(value) {
        element('choice-set').disabled = value;
    }

    /** Lists the devices anew; their names are known only after the browser was allowed to use one. */
    async refresh() {
        const { cameras, microphones } = await listDevices();
        const { kind } = this;
        setOptions(element('camera'), cameras.some(({ label }) => label)
            ? cameras.map(({ id, label }) => option(id, label)) : [option('', 'Camera')]);
        element('camera-field').hidden = kind !== 'camera';
        const options = audioOptions(kind, microphones);
        setOptions(element('sound'), options);
        if (kind !== this.#sourceShown) {
            element('sound').selectedIndex = 0;
            if (!this.#sourceShown) chooseFromQuery('sound');
        }
        this.#sourceShown = kind;
    }

    /** For openSource. */
    source(title) {
        const lines = Number(element('resolution').value);
        const [kind, id] = element('sound').value.split(/:(.*)/s);
        return {
            kind: this.kind, camera: element('camera').value, audio: { kind, id }, title,
            width: Math.ceil((lines * 16) / 9 / 2) * 2, height: lines,
        };
    }

    /** For Publisher.start. */
    get publishing() {
        return { bitrate: Number(element('bitrate').value) * 1000, codec: element('codec').value };
    }
}
