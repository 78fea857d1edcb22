/** One of the server's lists, loaded whole and then kept up to date by events. */

import { getJson } from './api.js';
import { followEvents } from './events.js';

export class LiveList {
    #items = new Map();
    #options;
    #loading = false;
    #missed = false; // an event came while a load was under way, which may be older

    /**
     * `name` is the plural: the path and the array's key; `event` the event type; `keyOf` an item's
     * key; `isGone` tells that an event removes it. `changed(items)` and `failed(error)` are called
     * after each change.
     */
    constructor(options) {
        this.#options = options;
        followEvents({
            handlers: { [options.event]: (item) => this.#apply(item) },
            opened: () => this.load(),
            denied: options.failed,
            whileHidden: false,
        });
        this.load();
    }

    async load() {
        if (this.#loading) {
            this.#missed = true;
            return;
        }
        this.#loading = true;
        this.#missed = false;
        const { name, keyOf, failed } = this.#options;
        try {
            const list = (await getJson(`/api/v1/${name}`))[name];
            this.#items = new Map(list.map((item) => [keyOf(item), item]));
            this.#show();
        } catch (error) {
            failed(error);
        }
        this.#loading = false;
        if (this.#missed) this.load();
    }

    remove(key) {
        this.#items.delete(key);
        this.#show();
    }

    #apply(item) {
        this.#missed ||= this.#loading;
        const { keyOf, isGone } = this.#options;
        if (isGone(item)) this.#items.delete(keyOf(item));
        else this.#items.set(keyOf(item), item);
        this.#show();
    }

    #show() {
        this.#options.changed([...this.#items.values()]);
    }
}

/**
 * Makes the children of `parent` those of `items`, in order. Elements are kept by key, so that focus
 * and screen readers stay where they are; `make()` builds an element, `fill(element, item)` writes it.
 */
export function renderList(parent, items, { keyOf, make, fill }) {
    const wanted = new Set(items.map(keyOf));
    const present = new Map();
    for (const child of [...parent.children]) {
        if (wanted.has(child.dataset.key)) present.set(child.dataset.key, child);
        else child.remove();
    }
    let before = parent.firstElementChild;
    for (const item of items) {
        const key = keyOf(item);
        const element = present.get(key) ?? make();
        element.dataset.key = key;
        fill(element, item);
        if (element === before) before = before.nextElementSibling;
        else parent.insertBefore(element, before);
    }
}
