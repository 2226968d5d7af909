/** Mocha's dots on the screen, and the counts in the file that `--reporter-option output=` names. */
const { writeFileSync } = require('node:fs');
const Mocha = require('mocha');

module.exports = class CountingReporter extends Mocha.reporters.Dot {
  constructor(runner, options) {
    super(runner, options);
    const { output } = options.reporterOptions;
    runner.once('end', () => {
      const { tests, passes, failures, pending } = this.stats;
      writeFileSync(output, `${JSON.stringify({ tests, passes, failures, pending })}\n`);
    });
  }
};
