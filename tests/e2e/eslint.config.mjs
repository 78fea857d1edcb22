/** What tests/lint.sh holds the pages and the tests to. Run from the top folder. */

import js from '@eslint/js';
import globals from 'globals';

export default [
    { ignores: ['**/node_modules/', 'build*/'] },
    js.configs.recommended,
    {
        rules: {
            eqeqeq: 'error',
            'max-len': ['error', { code: 120, ignoreStrings: true, ignoreTemplateLiterals: true }],
            'no-shadow': 'error',
            'no-var': 'error',
            'object-shorthand': 'error',
            'prefer-const': 'error',
        },
    },
    { files: ['web/**/*.js', 'tests/e2e/pages/**/*.js'], languageOptions: { globals: globals.browser } },
    // Tests run in Node; the functions that they hand to a page run in the browser.
    { files: ['tests/**/*.mjs'], languageOptions: { globals: { ...globals.node, ...globals.browser } } },
];
