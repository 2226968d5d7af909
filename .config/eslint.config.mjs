import js from '@eslint/js';
import ts from 'typescript-eslint';

const rooms = {
  core: ['**/formats/**', '**/engines/**', '**/protocol/**', '**/handlers/**', 'node:*', 'vscode*'],
  protocol: ['**/core/**', '**/formats/**', '**/engines/**', 'node:*', 'vscode*'],
  formats: ['**/engines/**', '**/protocol/**', 'vscode*'],
  engines: ['**/formats/**', '**/protocol/**', 'vscode*'],
};
const mayNotImport = (room) => ({
  files: [`server/${room}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        patterns: [{ group: rooms[room], message: `not from server/${room}: see ARCHITECTURE.md` }],
      },
    ],
  },
});

export default ts.config(
  {
    ignores: [
      'dist/',
      '.host/',
      '.cache/',
      '.scripts/',
      '.config/',
      'node_modules/',
      'media/',
      'test/editor/rig/',
      'test/out/',
    ],
  },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        project: [
          'server/tsconfig.json',
          'src/tsconfig.json',
          'webview/tsconfig.json',
          'test/tsconfig.json',
        ],
        tsconfigRootDir: `${import.meta.dirname}/..`,
      },
    },
    rules: {
      eqeqeq: 'error',
      'no-console': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Kernels read typed arrays with `!`; elsewhere review looks at it (house rule).
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-confusing-void-expression': 'off',
      '@typescript-eslint/no-unnecessary-condition': 'off',
    },
  },
  ...Object.keys(rooms).map(mayNotImport),
  {
    files: ['server/core/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'Date',
        'performance',
        'fetch',
        'postMessage',
        'setTimeout',
        'process',
        'Buffer',
      ],
      'no-restricted-properties': ['error', { object: 'Math', property: 'random' }],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unused-expressions': 'off',
      '@typescript-eslint/no-floating-promises': 'error',
    },
  },
);
